#include "vesta/runtime/alert_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vesta/platform/clock.hpp"

namespace vesta {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t alert_failure_text_max = 4096;

std::string cut(const std::string& text) { return text.substr(0, alert_failure_text_max); }

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : std::string(between)) + part;
  return all;
}

std::string summary(const alert& what, const alert_origin& from) {
  const auto& cause = what.what.cause;
  return fmt::format("Vesta on {}: {} could not cure {}: {}. {}", from.host, joined(what.what.path, " and "),
                     cause.actor, cut(cause.text),
                     "The game goes on with the last good versions; nothing is swapped any more.");
}

double seconds_before(const failure& cause, const decision& tried) {
  const auto milliseconds = (cause.at_ns - tried.at_ns) / 1'000'000; // whole ones, for people
  return static_cast<double>(milliseconds) / 1000;
}

json failure_of(const failure& cause) {
  const auto about = describe(cause.code);
  return {{"id", cause.id},
          {"actor", cause.actor},
          {"incarnation", cause.incarnation},
          {"code", static_cast<unsigned>(cause.code)},
          {"name", about.name},
          {"sentence", about.sentence},
          {"remedy", about.remedy},
          {"category", to_string(cause.kind)},
          {"severity", to_string(cause.level)},
          {"message", cause.message},
          {"message_number", cause.message_number},
          {"text", cut(cause.text)}};
}

} // namespace

std::string alert_json(const alert& what, const alert_origin& from) {
  const auto& cause = what.what.cause;
  auto tried = json::array(), modules = json::array();
  for (const auto& each : what.tried)
    tried.push_back({{"seconds_before", seconds_before(cause, each)},
                     {"code", static_cast<unsigned>(each.code)},
                     {"text", each.text},
                     {"chosen", to_string(each.chosen)}});
  for (const auto& each : from.modules)
    modules.push_back({{"module", each.module}, {"version", each.version}, {"state", to_string(each.at)}});
  const json all{
      {"text", summary(what, from)},
      {"time", platform::utc_text(what.wall_ns)},
      {"vesta", from.vesta},
      {"host", from.host},
      {"folder", from.folder},
      {"failure", failure_of(cause)},
      {"gave_up", what.what.path},
      {"tried", tried},
      {"node",
       {{"failures", what.failures}, {"restarts", what.restarts}, {"dead_letters", what.dead_letters}}},
      {"modules", modules}};
  return all.dump(1, ' ', false, json::error_handler_t::replace);
}

std::string alert_text(const alert& what, const alert_origin& from) {
  const auto& cause = what.what.cause;
  const auto about = describe(cause.code);
  std::vector<std::string> tried, modules;
  for (const auto& each : what.tried)
    tried.push_back(fmt::format("{} ({:g} s before)", to_string(each.chosen), seconds_before(cause, each)));
  for (const auto& each : from.modules)
    modules.push_back(fmt::format("{} {} {}", each.module, each.version, to_string(each.at)));
  return fmt::format("ALERT {}\n"
                     "  failure {} of {}/{} on {}: {}, {}, {}. {} {}\n"
                     "  tried: {}\n"
                     "  so far: failures {}, restarts {}, dead letters {}\n"
                     "  at {}, Vesta {}, {}: {}",
                     summary(what, from), cause.id, cause.actor, cause.incarnation,
                     cause.message.empty()
                         ? "no message"
                         : fmt::format("{} (message {})", cause.message, cause.message_number),
                     to_string(cause.code), to_string(cause.kind), to_string(cause.level), about.sentence,
                     about.remedy, joined(tried, ", "), what.failures, what.restarts, what.dead_letters,
                     platform::utc_text(what.wall_ns), from.vesta, from.folder, joined(modules, ", "));
}

} // namespace vesta
