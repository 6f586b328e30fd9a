/* citizens: each has a home, looks for work, commutes to it day by day, and is happy with that or not. */
#include "city.h"

static constexpr uint32_t working_frames = 80, morning = 50;

/* Moves citizens one frame further to work or home. With a constant count the compiler uses vectors. */
static inline void commute(uint8_t* __restrict at, const uint8_t* __restrict leaves,
                           const uint8_t* __restrict speed, uint32_t count, uint8_t now) {
  for (uint32_t i = 0; i < count; ++i) {
    const bool works = now >= leaves[i] && static_cast<uint8_t>(now - leaves[i]) < working_frames;
    const uint8_t left = static_cast<uint8_t>(255 - at[i]);
    const uint8_t ahead = static_cast<uint8_t>(at[i] + (speed[i] < left ? speed[i] : left));
    const uint8_t back = static_cast<uint8_t>(at[i] - (speed[i] < at[i] ? speed[i] : at[i]));
    at[i] = works ? ahead : back;
  }
}

static const char* const parameters[] = {"tax_rate"};
static const vesta_import imports[] = {{"map.level_of", "uint32_t(uint32_t)"}};

static const vesta_column columns[] = {
    {"city", "seed", VESTA_READ, VESTA_U64, 1, 1, 0},
    {"city", "lots", VESTA_READ, VESTA_U32, 1, 1, 0},
    {"tiles", "word", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"lots", "tile", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"lots", "kind", VESTA_READ, VESTA_U8, 1, 1, 0},
    {"lots", "room", VESTA_READ, VESTA_U32, 1, 1, 0},
    {"lots", "taken", VESTA_READ, VESTA_U32, 1, 1, 0},
    {"lots", "powered", VESTA_READ, VESTA_U8, 1, 1, 0},
    {"citizens", "pace", VESTA_READ, VESTA_U8, 1, 1, 0},
    {"citizens", "home", VESTA_OWN_CONST, VESTA_U16, 1, 1, 0},
    {"citizens", "work", VESTA_OWN, VESTA_U16, 1, 1, no_job},  /* a lot, no_job or out_of_town */
    {"citizens", "leaves_at", VESTA_OWN, VESTA_U8, 1, 1, 255}, /* frame of the day; 255: stays at home */
    {"citizens", "position", VESTA_OWN, VESTA_U8, 1, 1, 0},   /* 0 at home, 255 at work, on the way between */
    {"citizens", "happiness", VESTA_OWN, VESTA_U8, 1, 1, 60}, /* 0 to 100 */
};
enum { seed, lots, word, lot_tile, lot_kind, room, taken, powered, pace };
enum { home = pace + 1, work, leaves_at, position, happiness };

static void see_to_happiness(const vesta_frame* frame, uint64_t row) {
  const uint32_t speed = column<uint8_t>(frame, pace)[row];
  double target = 40 - 3 * (frame->parameters[0] - 7);
  target += column<uint8_t>(frame, powered)[column<uint16_t>(frame, home)[row]] != 0 ? 15 : -15;
  if (column<uint16_t>(frame, work)[row] != no_job) target += 20 + (speed < 10 ? 2 * speed : 20);
  const double goal = target < 0 ? 0 : target > 100 ? 100 : target;
  uint8_t& mood = column<uint8_t>(frame, happiness)[row];
  mood = static_cast<uint8_t>((3 * mood + static_cast<uint32_t>(goal) + 2) / 4);
}

static void take_job(const vesta_frame* frame, uint64_t row, uint16_t lot, uint64_t chance) {
  column<uint16_t>(frame, work)[row] = lot;
  column<uint8_t>(frame, leaves_at)[row] = static_cast<uint8_t>(morning + below(chance, 50));
}

static void stay_home(const vesta_frame* frame, uint64_t row, uint16_t why) {
  column<uint16_t>(frame, work)[row] = why;
  column<uint8_t>(frame, leaves_at)[row] = 255;
}

/* A lot to work at, picked at random; no_job if the first few tries are homes. */
static uint16_t some_workplace(const vesta_frame* frame, uint64_t chance) {
  for (uint32_t attempt = 0; attempt < 8; ++attempt) {
    const uint32_t lot = below(mix(chance, attempt), *column<uint32_t>(frame, lots));
    if (column<uint8_t>(frame, lot_kind)[lot] > home_zone) return static_cast<uint16_t>(lot);
  }
  return no_job;
}

/* How many too many live or work at a lot. */
static uint32_t excess(const vesta_frame* frame, uint32_t lot) {
  const uint32_t people = column<uint32_t>(frame, taken)[lot], places = column<uint32_t>(frame, room)[lot];
  return people > places ? people - places : 0;
}

/* Keeps or loses the job, or finds one where there is a vacancy. */
static void see_to_work(const vesta_frame* frame, uint64_t row, uint64_t chance) {
  const uint16_t job = column<uint16_t>(frame, work)[row];
  if (job != no_job) {
    if (below(chance, column<uint32_t>(frame, taken)[job]) < excess(frame, job))
      stay_home(frame, row, no_job);
    return;
  }
  const uint16_t lot = some_workplace(frame, chance);
  if (lot == no_job) return;
  const uint32_t people = column<uint32_t>(frame, taken)[lot], places = column<uint32_t>(frame, room)[lot];
  if (people + below(chance >> 32, places) < places) take_job(frame, row, lot, chance);
}

/* Comes to town while there is room at home; leaves when there is not, or life is bad. True: lives here. */
static bool see_to_home(const vesta_frame* frame, uint64_t row, uint64_t chance) {
  const uint32_t lot = column<uint16_t>(frame, home)[row];
  const uint32_t people = column<uint32_t>(frame, taken)[lot], places = column<uint32_t>(frame, room)[lot];
  uint8_t& mood = column<uint8_t>(frame, happiness)[row];
  if (column<uint16_t>(frame, work)[row] == out_of_town) {
    if (people + below(chance, places) >= places || below(chance >> 32, 4) != 0) return false;
    mood = 60;
    stay_home(frame, row, no_job);
  } else if (below(chance, people) < excess(frame, lot) || (mood < 25 && below(chance >> 32, 4) == 0)) {
    stay_home(frame, row, out_of_town);
  }
  return column<uint16_t>(frame, work)[row] != out_of_town;
}

/* Families are listed home by home; those that find room live in town, and seven in ten of them have work. */
static int init(const vesta_frame* frame) {
  const auto level_of = reinterpret_cast<word_function>(frame->imports[0]);
  uint16_t homes[2048];
  uint32_t home_count = 0;
  for (uint32_t lot = 0; lot < *column<uint32_t>(frame, lots) && home_count < 2048; ++lot)
    if (column<uint8_t>(frame, lot_kind)[lot] == home_zone) homes[home_count++] = static_cast<uint16_t>(lot);
  for (uint64_t row = frame->begin; row < frame->end; ++row) {
    if (home_count == 0) {
      stay_home(frame, row, out_of_town);
      continue;
    }
    const uint64_t chance = mix(*column<uint64_t>(frame, seed), row);
    const uint16_t lot = homes[row * home_count / frame->rows[home]];
    column<uint16_t>(frame, home)[row] = lot;
    const uint32_t level = level_of(column<uint16_t>(frame, word)[column<uint16_t>(frame, lot_tile)[lot]]);
    if (below(chance, 7) > level + 2)
      stay_home(frame, row, out_of_town);
    else if (const uint16_t job = below(chance >> 32, 10) < 7 ? some_workplace(frame, chance) : no_job;
             job != no_job)
      take_job(frame, row, job, chance >> 16);
  }
  return 0;
}

static int step(const vesta_frame* frame) {
  const uint8_t now = static_cast<uint8_t>(frame->number % day_frames);
  uint8_t* at = column<uint8_t>(frame, position);
  const uint8_t *leaves = column<uint8_t>(frame, leaves_at), *speed = column<uint8_t>(frame, pace);
  uint64_t row = frame->begin;
  for (; row + 64 <= frame->end; row += 64) commute(at + row, leaves + row, speed + row, 64, now);
  for (; row < frame->end; ++row) commute(at + row, leaves + row, speed + row, 1, now);
  const uint64_t today = mix(*column<uint64_t>(frame, seed), frame->number);
  each_due_block(frame->begin, frame->end, frame->number, [&](uint64_t first, uint64_t last) {
    for (uint64_t one = first; one < last; ++one) {
      const uint64_t chance = mix(today, one);
      if (!see_to_home(frame, one, chance)) continue;
      see_to_work(frame, one, mix(chance, 1));
      see_to_happiness(frame, one);
    }
  });
  return 0;
}

static int check(const vesta_frame* frame) {
  const uint32_t count = *column<uint32_t>(frame, lots);
  for (uint64_t row = frame->begin; row < frame->end; row += 97) {
    const uint16_t job = column<uint16_t>(frame, work)[row];
    const bool works = job < count && column<uint8_t>(frame, lot_kind)[job] > home_zone;
    const bool plausible = works || job == no_job || job == out_of_town;
    if (plausible && column<uint8_t>(frame, happiness)[row] <= 100) continue;
    frame->host->fail(frame, "a citizen works where no workplace is, or is happier than 100");
    return 0x7011;
  }
  return 0;
}

static constexpr vesta_module make_descriptor() {
  vesta_module self = module_named("citizens", columns);
  self.table = "citizens";
  self.parameters = parameters, self.parameter_count = size_of(parameters);
  self.imports = imports, self.import_count = size_of(imports);
  self.init = init, self.step = step, self.check = check;
  return self;
}
static constexpr vesta_module descriptor = make_descriptor();

const vesta_module* vesta_module_entry(void) { return &descriptor; }
