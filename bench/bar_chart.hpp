#pragma once

// A bar chart as SVG: rows of bars on a logarithmic axis, a series a colour.

#include <cmath>
#include <fmt/format.h>
#include <string>
#include <vector>

namespace vesta::bench {

struct bar_chart {
  struct row {
    std::string title;
    std::vector<double> values; ///< one a series; what is not above 0 is left out
  };
  std::string title;
  std::vector<std::string> series;
  std::vector<row> rows;
};

inline std::string svg_of(const bar_chart& chart) {
  constexpr const char* colours[] = {"#1b9e77", "#d95f02", "#7570b3", "#66a61e", "#e7298a", "#e6ab02"};
  constexpr double left = 190, width = 760, bar = 11, decade = 230;
  const auto x_of = [](double value) { return left + 60 + decade * std::log10(value); };
  const double group = bar * static_cast<double>(chart.series.size()) + 14;
  const double top = 66, height = top + group * static_cast<double>(chart.rows.size()) + 30;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"14\" y=\"22\" font-size=\"15\">{}</text>\n",
      width, height, chart.title);
  for (std::size_t i = 0; i < chart.series.size(); ++i)
    svg += fmt::format("<rect x=\"{0}\" y=\"36\" width=\"10\" height=\"10\" fill=\"{2}\"/><text x=\"{1}\" "
                       "y=\"45\">{3}</text>\n",
                       14 + 120 * i, 28 + 120 * i, colours[i % std::size(colours)], chart.series[i]);
  for (const double at : {1.0, 3.0, 10.0, 30.0, 100.0})
    svg += fmt::format(
        "<line x1=\"{0}\" x2=\"{0}\" y1=\"{1}\" y2=\"{2}\" stroke=\"#ccc\"/><text x=\"{0}\" y=\"{3}\" "
        "text-anchor=\"middle\">{4}</text>\n",
        x_of(at), top - 6, height - 24, height - 8, at);
  double y = top;
  for (const auto& row : chart.rows) {
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n", left - 10,
                       y + group / 2 - 3, row.title);
    for (std::size_t i = 0; i < row.values.size(); ++i, y += bar)
      if (row.values[i] > 0)
        svg +=
            fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>\n", left, y,
                        std::max(1.0, x_of(row.values[i]) - left), bar - 1, colours[i % std::size(colours)]);
    y += 14;
  }
  return svg + "</svg>\n";
}

} // namespace vesta::bench
