// One handler for each input; each records what follows from it directly. decide() then takes the flow as far as it
// goes.
#pragma once

#include "engine/saga/planner.hpp"

namespace skald::saga {

void handle(Planner& planner, const StartExecution& input);       // decide_lifecycle.cpp
void handle(Planner& planner, const AttemptEnded& input);         // decide_attempt.cpp
void handle(Planner& planner, const EventArrived& input);         // decide_event.cpp
void handle(Planner& planner, const CallbackArrived& input);      // decide_event.cpp
void handle(Planner& planner, const TimerFired& input);           // decide_lifecycle.cpp
void handle(Planner& planner, const RecoverExecution& input);     // decide_recovery.cpp
void handle(Planner& planner, const QuarantineExecution& input);  // decide_recovery.cpp
void handle(Planner& planner, const CancelExecution& input);      // decide_lifecycle.cpp
void handle(Planner& planner, const SuspendExecution& input);     // decide_lifecycle.cpp
void handle(Planner& planner, const ResumeExecution& input);      // decide_lifecycle.cpp
void handle(Planner& planner, const TerminateExecution& input);   // decide_lifecycle.cpp
void handle(Planner& planner, const ResolveIncident& input);      // decide_incident.cpp
void handle(Planner& planner, const RecordReplay& input);         // decide_replay.cpp
void handle(Planner& planner, const UndoExecution& input);        // decide_undo.cpp

}  // namespace skald::saga
