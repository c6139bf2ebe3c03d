// Holds what the dashboard, the alerting rules and docs/metrics.md name against the scrape of a running server.
#include <cctype>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/api/service_fixture.hpp"

namespace skald::test {
namespace {

std::string read_source(const std::string& name) {
  std::ifstream file(SKALD_SOURCE_DIR "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::set<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex); it != std::sregex_iterator(); ++it)
    found.insert((*it)[1]);
  return found;
}

// "name" -> label names of its samples; "le" left out, _bucket, _sum and _count folded into the family.
std::map<std::string, std::set<std::string>> families(const std::string& scrape) {
  std::map<std::string, std::set<std::string>> found;
  std::set<std::string> histograms;
  std::istringstream lines(scrape);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, std::regex("# TYPE (\\S+) (\\S+)"))) {
      found[match[1]];
      if (match[2] == "histogram") histograms.insert(match[1]);
    } else if (!line.starts_with('#')) {
      std::string name = line.substr(0, line.find_first_of("{ "));
      for (const char* ending : {"_bucket", "_sum", "_count"}) {
        const auto cut = name.size() - std::min(name.size(), std::string(ending).size());
        if (name.ends_with(ending) && histograms.contains(name.substr(0, cut))) name.resize(cut);
      }
      for (const auto& label : matches(line.substr(0, line.rfind('}') + 1), "[{,]([a-z_]+)=\"")) {
        if (label != "le") found[name].insert(label);
      }
    }
  }
  return found;
}

std::string family_of(std::string name, const std::map<std::string, std::set<std::string>>& known) {
  for (const char* ending : {"_bucket", "_sum", "_count"}) {
    if (known.contains(name) || !name.ends_with(ending)) continue;
    name.resize(name.size() - std::string(ending).size());
  }
  return name;
}

class Metrics : public ServiceTest {
 protected:
  void SetUp() override {
    start();
    deploy("good", "  - one: { call: p.ok, compensate: { call: p.undo } }\n");
    deploy("bad", "  - one: { call: p.ok, compensate: { call: p.undo } }\n  - two: { call: p.refuse }\n");
    deploy("stuck", "  - one: { call: p.ok, compensate: { call: p.undoRefused } }\n  - two: { call: p.refuse }\n");
    for (const char* workflow : {"good", "bad", "stuck"}) run(workflow);
    scrape_ = get("/metrics").body;
    families_ = families(scrape_);
  }

  // `given` are labels that a sample of any family may have.
  void expect_known(const std::string& query, const std::set<std::string>& given) {
    const auto names = matches(query, "\\b((?:skald|process)_[a-z_]+)\\b");
    EXPECT_FALSE(names.empty()) << query;
    std::set<std::string> used = matches(query, "([a-z_]+)(?:=~?|!=|!~)\"");
    std::smatch by;
    if (std::regex_search(query, by, std::regex("by \\(([^)]*)\\)"))) used.merge(matches(by[1], "([a-z_]+)"));
    for (const auto& name : names) {
      const auto family = family_of(name, families_);
      ASSERT_TRUE(families_.contains(family)) << name << " in " << query;
      const auto& labels = families_[family];
      if (labels.empty()) continue;  // no value yet, or none with labels: nothing to compare with
      for (const auto& label : used) {
        EXPECT_TRUE(given.contains(label) || labels.contains(label)) << label << " in " << query;
      }
    }
  }

  std::string scrape_;
  std::map<std::string, std::set<std::string>> families_;
};

TEST_F(Metrics, TheDashboardNamesOnlyWhatTheServerHas) {
  const Json dashboard = Json::parse(read_source("grafana/dashboards/skald.json"));
  EXPECT_FALSE(dashboard.contains("id"));
  EXPECT_EQ(dashboard["uid"], "skald-overview");
  std::set<int> ids;
  std::size_t queries = 0;
  for (const auto& panel : dashboard["panels"]) {
    EXPECT_TRUE(ids.insert(panel["id"].get<int>()).second) << panel["title"];
    for (const auto& target : panel.value("targets", Json::array())) {
      ++queries;
      expect_known(target["expr"].get<std::string>(), {"le"});
    }
  }
  EXPECT_GE(queries, 25u);
}

TEST_F(Metrics, TheAlertsNameOnlyWhatTheServerHas) {
  const auto queries = matches(read_source("grafana/alerts.yaml"), "\n        expr: (.*)");
  EXPECT_GE(queries.size(), 10u);
  for (const auto& query : queries) {
    // The only series that is Prometheus' own.
    if (query == "up{job=\"skald\"} == 0") continue;
    expect_known(query, {"le", "job", "instance"});
  }
  EXPECT_NE(read_source("grafana/prometheus.yaml").find("job_name: skald\n"), std::string::npos);
}

TEST(Alerts, EachIsWholeAndInTheRunbook) {
  const std::string rules = read_source("grafana/alerts.yaml");
  const auto alerts = matches(rules, "- alert: (.*)");
  EXPECT_EQ(alerts, matches(read_source("docs/operating.md"), "\n### (Skald[A-Za-z]+)\n"));
  EXPECT_EQ(alerts, matches(read_source("tests/grafana/alerts_test.yaml"), "\n  - name: (.*)"));
  for (const auto& alert : alerts) {
    std::string anchor = alert;
    for (char& c : anchor) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const std::regex whole("- alert: " + alert +
                           "\n +expr: .+\n +for: [0-9]+m\n +labels:\n +severity: (critical|warning)\n +annotations:"
                           "\n +summary: '.+'\n +runbook: docs/operating\\.md#" +
                           anchor + "\n");
    EXPECT_TRUE(std::regex_search(rules, whole)) << alert;
  }
}

TEST_F(Metrics, TheDocumentationListsExactlyWhatTheServerHas) {
  const std::string text = read_source("docs/metrics.md");
  const auto documented = matches(text, "`((?:skald|process)_[a-z_]+)`");
  for (const auto& [name, labels] : families_) EXPECT_TRUE(documented.contains(name)) << name;
  for (const auto& name : documented) EXPECT_TRUE(name == "skald_" || families_.contains(name)) << name;
  for (const auto& [name, labels] : families_) {
    std::smatch row;
    if (labels.empty() || !std::regex_search(text, row, std::regex("\\| `" + name + "` \\| [a-z]+ \\| ([^|]*) \\|")))
      continue;
    EXPECT_EQ(labels, matches(row[1], "([a-z_]+)")) << name;
  }
}

TEST_F(Metrics, CountWhatHappened) {
  const auto has = [&](const std::string& sample) {
    EXPECT_NE(scrape_.find("\n" + sample + "\n"), std::string::npos) << sample << "\n" << scrape_;
  };
  has(R"(skald_executions_started_total{namespace="test",workflow="good"} 1)");
  has(R"(skald_executions_finished_total{namespace="test",outcome="completed",workflow="good"} 1)");
  has(R"(skald_executions_finished_total{namespace="test",outcome="compensated",workflow="bad"} 1)");
  has(R"(skald_incidents_open{kind="undo-failed",workflow="stuck"} 1)");
}

TEST_F(Metrics, ProvisioningNamesTheDatasourceOfTheDashboard) {
  EXPECT_NE(read_source("grafana/provisioning/datasources/prometheus.yaml").find("uid: skald-prometheus"),
            std::string::npos);
  EXPECT_NE(read_source("grafana/dashboards/skald.json").find("\"skald-prometheus\""), std::string::npos);
}

}  // namespace
}  // namespace skald::test
