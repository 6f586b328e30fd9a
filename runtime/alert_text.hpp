#pragma once

#include <string>
#include <vector>

#include "vesta/messages/alert.hpp"
#include "vesta/messages/report.hpp"

namespace vesta {

/// Where an alert comes from.
struct alert_origin {
  std::string vesta; ///< version
  std::string host, folder;
  std::vector<module_figures> modules;
};

/// One JSON object, whose "text" is a sentence for people, as chat services want it; README.md lists the
/// rest. Bytes that are no UTF-8 become U+FFFD, and a failure's text is cut to 4 KiB.
std::string alert_json(const alert& what, const alert_origin& from);
/// The same as a few lines, for the log.
std::string alert_text(const alert& what, const alert_origin& from);

} // namespace vesta
