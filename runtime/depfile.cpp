#include "vesta/runtime/depfile.hpp"

#include <filesystem>

namespace vesta {

std::vector<std::string> parse_depfile(std::string_view text) {
  std::vector<std::string> paths;
  std::string word;
  const auto finish = [&] {
    if (!word.empty() && word.back() != ':')
      paths.push_back(std::filesystem::path(word).lexically_normal().string());
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      const char next = text[++i];
      if (next == '\n')
        finish();
      else
        word += next; // an escaped blank, '#' or backslash
    } else if (c == '$' && i + 1 < text.size() && text[i + 1] == '$') {
      word += '$';
      ++i;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      finish();
    } else {
      word += c;
    }
  }
  finish();
  return paths;
}

} // namespace vesta
