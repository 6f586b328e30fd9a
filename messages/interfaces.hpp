#pragma once

// What each actor of Vesta understands. Actors meet here and nowhere else.

#include <caf/typed_actor.hpp>

#include "vesta/messages/alert.hpp"
#include "vesta/messages/change.hpp"
#include "vesta/messages/frame.hpp"
#include "vesta/messages/recovery.hpp"
#include "vesta/messages/report.hpp"
#include "vesta/messages/supervision.hpp"

namespace vesta {

/// Owns a change from edit to verdict.
using orchestrator_actor = caf::typed_actor<caf::reacts_to<open_game>, caf::reacts_to<change_found>,
                                            caf::reacts_to<edit_refused>, caf::reacts_to<build_finished>,
                                            caf::reacts_to<verify_finished>, caf::reacts_to<stage_finished>,
                                            caf::reacts_to<swap_finished>, caf::reacts_to<module_failed>,
                                            caf::reacts_to<probation_passed>, caf::reacts_to<escalation>>;

/// Knows every version of every module and its lifecycle; verifies images.
using versioning_actor = caf::typed_actor<caf::reacts_to<verify_requested>, caf::reacts_to<advance_version>>;

/// Watches sources and compiles them.
using build_pipeline_actor = caf::typed_actor<caf::reacts_to<files_changed>, caf::reacts_to<build_requested>,
                                              caf::reacts_to<build_cancelled>, caf::reacts_to<retry_on_save>>;

/// Loads verified images and makes swaps ready.
using runtime_integration_actor = caf::typed_actor<caf::reacts_to<stage_requested>>;

/// Keeps the log and the report.
using developer_tools_actor =
    caf::typed_actor<caf::reacts_to<frame_done>, caf::reacts_to<totals_seen>, caf::reacts_to<change_report>,
                     caf::reacts_to<module_failed>, caf::reacts_to<lifecycle_moved>,
                     caf::reacts_to<failure_seen>, caf::reacts_to<recovered>,
                     caf::replies_to<report_request>::with<run_report>>;

/// Tells the log and a webhook of what nobody could cure.
using alerts_actor =
    caf::typed_actor<caf::reacts_to<alert>, caf::reacts_to<lifecycle_moved>, caf::reacts_to<close_alerts>>;

/// Validates the tuning file.
using asset_pipeline_actor = caf::typed_actor<caf::reacts_to<tuning_changed>>;

/// Runs frames, and swaps between them.
using frame_clock_actor =
    caf::typed_actor<caf::reacts_to<begin_frames>, caf::reacts_to<end_frames>, caf::reacts_to<stepped>,
                     caf::reacts_to<apply_swap>, caf::reacts_to<set_parameters>>;

/// Steps one part of the world.
using district_actor = caf::typed_actor<caf::reacts_to<step>>;

/// Chooses who cures a failure, and learns from what came of it.
using error_coordinator_actor =
    caf::typed_actor<caf::reacts_to<recovery_case>, caf::reacts_to<recovery_outcome>,
                     caf::reacts_to<recovery_declined>>;

/// Knows one kind of cure.
using strategy_actor = caf::typed_actor<caf::reacts_to<recovery_order>>;

} // namespace vesta
