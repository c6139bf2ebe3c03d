# Eight sources of a target compiled as one: less than half of the work where everything is compiled anew, as the sanitizers'
# builds are. Names in the unnamed namespaces of one target then have to differ. Off where a developer builds: one changed source
# is compiled alone, and an editor finds each in compile_commands.json.
option(SKALD_UNITY "Compile eight sources of a target as one" OFF)

function(skald_unite name)
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${SKALD_UNITY} UNITY_BUILD_BATCH_SIZE 8)
endfunction()
