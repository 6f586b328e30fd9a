#pragma once

#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "vesta/runtime/actor.hpp"

namespace vesta::test {

/// A line of tests/data/supervision/cases.txt, whose head explains it.
struct supervision_case {
  std::string line, tree, script, log;
};

inline std::vector<supervision_case> supervision_cases() {
  std::ifstream file(VESTA_SOURCE_DIR "/tests/data/supervision/cases.txt");
  REQUIRE(file);
  std::vector<supervision_case> all;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream columns(line);
    supervision_case one{.line = line};
    std::getline(columns, one.tree, '|');
    std::getline(columns, one.script, '|');
    std::getline(columns >> std::ws, one.log);
    all.push_back(one);
  }
  return all;
}

/// A child as the tree names it, with its marks; a supervisor, if it has a rule.
struct case_child {
  std::string name;
  restart_kind restart = restart_kind::permanent;
  bool significant = false;
  bool is_supervisor = false;
  group_rule rule = group_rule::one_for_one;
  auto_shutdown shutdown = auto_shutdown::never;
  restart_intensity intensity = {};
  std::vector<case_child> children = {};
};

inline case_child read_case_tree(std::istream& tree) {
  std::string word;
  REQUIRE(tree >> word);
  const auto marked = [&](char mark) { return word.find(mark) != std::string::npos; };
  case_child one{.restart = marked('?')   ? restart_kind::transient
                            : marked('~') ? restart_kind::temporary
                                          : restart_kind::permanent,
                 .significant = marked('!')};
  std::erase_if(word, [](char c) { return c == '?' || c == '~' || c == '!'; });
  one.name = word.substr(0, word.find(':'));
  if (one.name == word) return one;

  static const std::map<std::string, group_rule> rules = {{"one", group_rule::one_for_one},
                                                          {"simple", group_rule::simple_one_for_one},
                                                          {"all", group_rule::one_for_all},
                                                          {"rest", group_rule::rest_for_one}};
  static const std::map<std::string, auto_shutdown> shutdowns = {{"", auto_shutdown::never},
                                                                 {"any", auto_shutdown::any_significant},
                                                                 {"all", auto_shutdown::all_significant}};
  std::istringstream parts(word);
  std::string name, rule, count, seconds, shutdown;
  std::getline(parts, name, ':');
  std::getline(parts, rule, ':');
  std::getline(parts, count, '/');
  std::getline(parts, seconds, ':');
  std::getline(parts, shutdown);
  one.is_supervisor = true;
  one.rule = rules.at(rule);
  one.shutdown = shutdowns.at(shutdown);
  one.intensity = {static_cast<unsigned>(std::stoul(count)), std::chrono::seconds(std::stoll(seconds))};
  REQUIRE((tree >> word && word == "{"));
  while (tree >> std::ws && tree.peek() != '}') one.children.push_back(read_case_tree(tree));
  tree >> word;
  return one;
}

} // namespace vesta::test
