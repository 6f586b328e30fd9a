#include "vesta/platform/files_simulated.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

namespace vesta::platform {

namespace {

std::string clean(const std::string& path) {
  auto result = std::filesystem::path("/" + path).lexically_normal().string();
  result.erase(0,
               result.find_first_not_of('/') == result.npos ? result.size() : result.find_first_not_of('/'));
  while (!result.empty() && result.back() == '/') result.pop_back();
  return "/" + result;
}

std::string parent(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

bool is_below(const std::string& path, const std::string& directory) {
  return directory == "/" ? path != "/" : path.starts_with(directory + '/');
}

absl::Status missing(std::string_view what, const std::string& path) {
  return absl::NotFoundError(fmt::format("cannot {} {}: No such file or directory", what, path));
}

} // namespace

class simulated_files::simulated_watch final : public file_watcher::watch {
public:
  simulated_watch(simulated_files& files, std::uint64_t id) : files_(files), id_(id) {}
  ~simulated_watch() override {
    const std::lock_guard lock(files_.mutex_);
    files_.watches_.erase(id_);
  }

private:
  simulated_files& files_;
  const std::uint64_t id_;
};

void simulated_files::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

std::size_t simulated_files::deliver() {
  std::vector<std::pair<std::uint64_t, file_event>> events;
  {
    const std::lock_guard lock(mutex_);
    events.swap(waiting_);
  }
  std::size_t delivered = 0;
  for (const auto& [id, event] : events) {
    callback on_event;
    {
      const std::lock_guard lock(mutex_);
      if (const auto it = watches_.find(id); it != watches_.end()) on_event = it->second.second;
    }
    if (!on_event) continue;
    on_event(event);
    ++delivered;
  }
  return delivered;
}

absl::StatusOr<std::string> simulated_files::read(const std::string& path, std::uint64_t limit_bytes) const {
  const std::lock_guard lock(mutex_);
  const auto it = files_.find(clean(path));
  if (it == files_.end() && directories_.contains(clean(path)))
    return absl::InvalidArgumentError(fmt::format("cannot read {}: it is not a regular file", path));
  if (it == files_.end()) return missing("read", path);
  if (it->second.size() > limit_bytes)
    return absl::ResourceExhaustedError(
        fmt::format("cannot read {}: it is larger than the {} bytes allowed here", path, limit_bytes));
  return it->second;
}

absl::Status simulated_files::write(const std::string& path, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  return put(clean(path), std::string(bytes));
}

absl::StatusOr<file_info> simulated_files::info(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  if (directories_.contains(clean(path))) return file_info{0, true};
  if (const auto it = files_.find(clean(path)); it != files_.end())
    return file_info{it->second.size(), false};
  return missing("look at", path);
}

absl::StatusOr<std::vector<std::string>> simulated_files::list(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto directory = clean(path);
  if (!directories_.contains(directory)) return missing("list", path);
  std::set<std::string> names;
  const auto take = [&](const std::string& each) {
    if (each != "/" && parent(each) == directory)
      names.insert(std::filesystem::path(each).filename().string());
  };
  for (const auto& [file, bytes] : files_) take(file);
  for (const auto& each : directories_) take(each);
  return std::vector<std::string>(names.begin(), names.end());
}

absl::Status simulated_files::make_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  std::set<std::string> made;
  for (auto each = clean(path); each != "/"; each = parent(each)) {
    if (files_.contains(each))
      return absl::FailedPreconditionError(
          fmt::format("cannot make the directory {}: Not a directory", path));
    made.insert(each);
  }
  directories_.merge(made);
  return absl::OkStatus();
}

absl::StatusOr<std::string> simulated_files::make_temporary_directory(std::string_view prefix) {
  const std::lock_guard lock(mutex_);
  std::string path;
  do path = fmt::format("/tmp/{}{:06}", prefix, ++temporaries_);
  while (exists(path));
  directories_.insert(path);
  return path;
}

absl::Status simulated_files::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto root = clean(path);
  for (auto it = files_.begin(); it != files_.end();) {
    const bool gone = it->first == root || is_below(it->first, root);
    if (gone) announce(it->first);
    it = gone ? files_.erase(it) : std::next(it);
  }
  std::erase_if(directories_,
                [&](const auto& each) { return each != "/" && (each == root || is_below(each, root)); });
  return absl::OkStatus();
}

absl::Status simulated_files::copy(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const auto source = clean(from), target = clean(to);
  if (!exists(source)) return missing(fmt::format("copy {} to", from), to);
  if (source == target || is_below(target, source))
    return absl::InvalidArgumentError(fmt::format("cannot copy {} to {}, which lies in it", from, to));
  if (const auto it = files_.find(source); it != files_.end())
    return put(directories_.contains(target) ? target + source.substr(source.rfind('/')) : target,
               it->second);
  if (!directories_.contains(parent(target))) return missing(fmt::format("copy {} to", from), to);
  const auto before = files_;
  const auto directories_before = directories_;
  const auto waiting_before = waiting_.size();
  const auto moved = [&](const std::string& each) {
    return target + each.substr(source == "/" ? 0 : source.size());
  };
  for (const auto& each : directories_before)
    if (each == source || is_below(each, source)) directories_.insert(moved(each));
  for (const auto& [file, bytes] : before) {
    if (!is_below(file, source)) continue;
    if (auto status = put(moved(file), bytes); !status.ok()) {
      files_ = before;
      directories_ = directories_before;
      waiting_.resize(waiting_before);
      return status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::uint64_t> simulated_files::free_bytes(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  if (!exists(clean(path))) return missing("look at the free space of", path);
  return capacity_ - std::min(capacity_, used());
}

absl::StatusOr<std::unique_ptr<file_watcher::watch>> simulated_files::start(const std::string& root,
                                                                            callback on_event) {
  const std::lock_guard lock(mutex_);
  if (!directories_.contains(clean(root))) return missing("watch", root);
  watches_.emplace(++last_watch_, std::pair(clean(root), std::move(on_event)));
  return std::make_unique<simulated_watch>(*this, last_watch_);
}

std::uint64_t simulated_files::used() const {
  std::uint64_t bytes = 0;
  for (const auto& [file, content] : files_) bytes += content.size();
  return bytes;
}

absl::Status simulated_files::put(const std::string& path, std::string bytes) {
  if (directories_.contains(path))
    return absl::FailedPreconditionError(fmt::format("cannot write {}: Is a directory", path));
  if (!directories_.contains(parent(path))) return missing("write", path);
  // As on a disk, the new file lies beside the old one until it is whole.
  if (const auto in_use = used(); in_use > capacity_ || bytes.size() > capacity_ - in_use)
    return absl::ResourceExhaustedError(fmt::format(
        "cannot write {} (free some space there, or choose another place): No space left on device", path));
  files_[path] = std::move(bytes);
  announce(path);
  return absl::OkStatus();
}

void simulated_files::announce(const std::string& path) {
  for (const auto& [id, watched] : watches_)
    if (is_below(path, watched.first)) waiting_.push_back({id, {path, time_.now(), {}}});
}

} // namespace vesta::platform
