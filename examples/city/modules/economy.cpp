/* economy: a census that takes 64 frames, who lives and works where, and the city's money. */
#include "city.h"

static const char* const parameters[] = {"tax_rate"};

static const vesta_column columns[] = {
    {"city", "lots", VESTA_READ, VESTA_U32, 1, 1, 0},
    {"city", "founding_funds", VESTA_READ, VESTA_F64, 1, 1, 0},
    {"lots", "kind", VESTA_READ, VESTA_U8, 1, 1, 0},
    {"lots", "room", VESTA_READ, VESTA_U32, 1, 1, 0},
    {"citizens", "home", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"citizens", "work", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"citizens", "position", VESTA_READ, VESTA_U8, 1, 1, 0},
    {"citizens", "happiness", VESTA_READ, VESTA_U8, 1, 1, 0},
    {"lots", "taken", VESTA_OWN, VESTA_U32, 1, 1, 0},   /* people who live or work there */
    {"lots", "counted", VESTA_OWN, VESTA_U32, 1, 1, 0}, /* the same, in the census that runs */
    {"city", "census", VESTA_OWN, VESTA_U64, 4, 1,
     0}, /* residents, workers, on their way, sum of happiness */
    {"city", "population", VESTA_OWN, VESTA_U32, 1, 1, 0},
    {"city", "employed", VESTA_OWN, VESTA_U32, 1, 1, 0},
    {"city", "jobs", VESTA_OWN, VESTA_U32, 1, 1, 0},
    {"city", "on_the_way", VESTA_OWN, VESTA_U32, 1, 1, 0},
    {"city", "mean_happiness", VESTA_OWN, VESTA_F32, 1, 1, 0}, /* 0 to 100 */
    {"city", "funds", VESTA_OWN, VESTA_F64, 1, 1, 0},
};
enum { lots, founding_funds, lot_kind, room, home, work, position, happiness };
enum {
  taken = happiness + 1,
  counted,
  census,
  population,
  employed,
  jobs,
  on_the_way,
  mean_happiness,
  funds
};

/* What an employed citizen earns and a resident costs the city, a day. */
static constexpr double wage = 0.10;
static constexpr double upkeep = 0.005;

static void count(const vesta_frame* frame, uint64_t first, uint64_t last) {
  const uint32_t lot_count = *column<uint32_t>(frame, lots);
  uint32_t* people = column<uint32_t>(frame, counted);
  uint64_t* sums = column<uint64_t>(frame, census);
  for (uint64_t row = first; row < last; ++row) {
    const uint16_t job = column<uint16_t>(frame, work)[row];
    if (job == out_of_town) continue;
    const uint8_t at = column<uint8_t>(frame, position)[row];
    ++people[column<uint16_t>(frame, home)[row]];
    ++sums[0];
    if (job < lot_count) ++people[job], ++sums[1];
    sums[2] += at != 0 && at != 255;
    sums[3] += column<uint8_t>(frame, happiness)[row];
  }
}

static void publish(const vesta_frame* frame) {
  uint64_t* sums = column<uint64_t>(frame, census);
  *column<uint32_t>(frame, population) = static_cast<uint32_t>(sums[0]);
  *column<uint32_t>(frame, employed) = static_cast<uint32_t>(sums[1]);
  *column<uint32_t>(frame, on_the_way) = static_cast<uint32_t>(sums[2]);
  *column<float>(frame, mean_happiness) =
      sums[0] == 0 ? 0 : static_cast<float>(static_cast<double>(sums[3]) / static_cast<double>(sums[0]));
  for (uint32_t i = 0; i < 4; ++i) sums[i] = 0;
  uint32_t places = 0;
  for (uint32_t lot = 0; lot < *column<uint32_t>(frame, lots); ++lot) {
    column<uint32_t>(frame, taken)[lot] = column<uint32_t>(frame, counted)[lot];
    column<uint32_t>(frame, counted)[lot] = 0;
    if (column<uint8_t>(frame, lot_kind)[lot] != home_zone) places += column<uint32_t>(frame, room)[lot];
  }
  *column<uint32_t>(frame, jobs) = places;
}

static int init(const vesta_frame* frame) {
  *column<double>(frame, funds) = *column<double>(frame, founding_funds);
  count(frame, 0, frame->rows[home]);
  publish(frame);
  return 0;
}

static int step(const vesta_frame* frame) {
  each_due_block(0, frame->rows[home], frame->number,
                 [&](uint64_t first, uint64_t last) { count(frame, first, last); });
  if (frame->number % round_frames == round_frames - 1) publish(frame);
  const double income = *column<uint32_t>(frame, employed) * wage * frame->parameters[0] / 100;
  const double spending = *column<uint32_t>(frame, population) * upkeep;
  *column<double>(frame, funds) += (income - spending) / day_frames;
  return 0;
}

static int check(const vesta_frame* frame) {
  const double money = *column<double>(frame, funds);
  const bool finite = money - money == 0;
  const bool plausible = *column<uint32_t>(frame, employed) <= *column<uint32_t>(frame, population) &&
                         *column<uint32_t>(frame, population) <= frame->rows[home];
  if (!finite)
    frame->host->fail(frame, "the city's funds are no number");
  else if (!plausible)
    frame->host->fail(frame, "more people are employed than live here, or live here than exist");
  return finite && plausible ? 0 : 0x7051;
}

static constexpr vesta_module make_descriptor() {
  vesta_module self = module_named("economy", columns);
  self.parameters = parameters, self.parameter_count = size_of(parameters);
  self.init = init, self.step = step, self.check = check;
  return self;
}
static constexpr vesta_module descriptor = make_descriptor();

const vesta_module* vesta_module_entry(void) { return &descriptor; }
