#include "vesta/platform/http.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <curl/curl.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <mutex>
#include <thread>
#include <vector>

#include "vesta/platform/thread.hpp"

namespace vesta::platform {

namespace {

/// Of an answer's body, which nobody reads: a server that sends more is hung up on.
constexpr std::size_t body_limit_bytes = 64 << 10;
/// Between two looks of a thread that nothing wakes.
constexpr int idle_ms = 60'000;

/// libcurl, loaded when it is first needed: with all that it brings along it would cost every program with
/// Vesta 11 ms at its start and 6 MB, and few have a webhook. Its symbols stay out of the modules' sight.
struct curl_library {
  void* const handle = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL); ///< null: there is none
#define VESTA_CURL(name) decltype(&::curl_##name) const name = symbol<decltype(&::curl_##name)>("curl_" #name)
  VESTA_CURL(easy_cleanup);
  VESTA_CURL(easy_getinfo);
  VESTA_CURL(easy_init);
  VESTA_CURL(easy_setopt);
  VESTA_CURL(easy_strerror);
  VESTA_CURL(free);
  VESTA_CURL(global_init);
  VESTA_CURL(multi_add_handle);
  VESTA_CURL(multi_cleanup);
  VESTA_CURL(multi_info_read);
  VESTA_CURL(multi_init);
  VESTA_CURL(multi_perform);
  VESTA_CURL(multi_poll);
  VESTA_CURL(multi_remove_handle);
  VESTA_CURL(multi_wakeup);
  VESTA_CURL(slist_append);
  VESTA_CURL(slist_free_all);
  VESTA_CURL(url);
  VESTA_CURL(url_cleanup);
  VESTA_CURL(url_get);
  VESTA_CURL(url_set);
  VESTA_CURL(url_strerror);
#undef VESTA_CURL

private:
  template <class Function>
  Function symbol(const char* name) const {
    return handle ? reinterpret_cast<Function>(::dlsym(handle, name)) : nullptr;
  }
};

const curl_library& curl() {
  static const auto& loaded = *new curl_library; // never unloaded: it has threads of its own
  return loaded;
}

struct curl_deleter {
  void operator()(CURL* easy) const { curl().easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl().slist_free_all(list); }
  void operator()(char* text) const { curl().free(text); }
  void operator()(CURLU* url) const { curl().url_cleanup(url); }
};
using curl_handle = std::unique_ptr<CURL, curl_deleter>;
using curl_list = std::unique_ptr<curl_slist, curl_deleter>;
using curl_text = std::unique_ptr<char, curl_deleter>;
using curl_parts = std::unique_ptr<CURLU, curl_deleter>;

/// One request from its post to its end.
struct http_job {
  http_post what;
  std::mutex mutex;             ///< held while `on_end` runs
  http_client::callback on_end; ///< guarded by the mutex; empty when the request was taken back
  std::atomic<bool> taken_back = false;

  // The thread's own.
  curl_handle easy;
  curl_list headers;
  std::size_t body_bytes = 0;
  std::array<char, CURL_ERROR_SIZE> problem{};

  void end(http_answer answer) {
    const std::lock_guard lock(mutex);
    if (on_end) on_end(std::move(answer));
  }
};

std::size_t drop_body(const char*, std::size_t size, std::size_t count, void* of) {
  auto& bytes = static_cast<http_job*>(of)->body_bytes;
  bytes += size * count;
  return bytes <= body_limit_bytes ? size * count : 0; // less than there was ends the request
}

long milliseconds_of(nanoseconds limit) {
  return static_cast<long>(std::max<nanoseconds>(limit / 1'000'000, 1));
}

/// Null when there is no memory for it.
CURL* prepare(http_job& job) {
  job.easy.reset(curl().easy_init());
  job.headers.reset(curl().slist_append(nullptr, "Content-Type: application/json"));
  auto* easy = job.easy.get();
  if (!easy || !job.headers) return nullptr;
  const auto set = [easy](CURLoption option, auto value) { curl().easy_setopt(easy, option, value); };
  set(CURLOPT_URL, job.what.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(job.what.body.size()));
  set(CURLOPT_POSTFIELDS, job.what.body.c_str());
  set(CURLOPT_HTTPHEADER, job.headers.get());
  set(CURLOPT_USERAGENT, "vesta");
  set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds_of(job.what.connect_limit_ns));
  set(CURLOPT_TIMEOUT_MS, milliseconds_of(job.what.limit_ns));
  set(CURLOPT_WRITEFUNCTION, drop_body);
  set(CURLOPT_WRITEDATA, &job);
  set(CURLOPT_ERRORBUFFER, job.problem.data());
  set(CURLOPT_PRIVATE, &job);
  set(CURLOPT_NOSIGNAL, 1L);   // signals are the program's
  set(CURLOPT_QUICK_EXIT, 1L); // a name server that hangs holds up no end
  return easy;
}

http_answer answer_of(const http_job& job, CURLcode result) {
  long status = 0;
  curl().easy_getinfo(job.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 0 && (result == CURLE_OK || job.body_bytes > body_limit_bytes))
    return {.status = static_cast<int>(status)};
  return {.problem = job.problem.front() != 0 ? job.problem.data() : curl().easy_strerror(result)};
}

class curl_client final : public http_client {
public:
  ~curl_client() override {
    if (!thread_.joinable()) return;
    stopping_ = true;
    wake();
    thread_.join();
    curl().multi_cleanup(multi_);
  }

  std::unique_ptr<request> post(http_post what, callback on_end) override;
  void wake() { curl().multi_wakeup(multi_); }

private:
  void run();
  void begin_requested();
  void finish_done();
  void end(const http_job& job);

  std::mutex mutex_; ///< guards requested_ and the start of thread_
  std::vector<std::shared_ptr<http_job>> requested_;
  std::vector<std::shared_ptr<http_job>> running_; ///< the thread's own
  std::atomic<bool> stopping_ = false;
  CURLM* multi_ = nullptr; ///< made with the thread
  std::thread thread_;
};

class curl_request final : public http_client::request {
public:
  curl_request(std::shared_ptr<http_job> job, curl_client& client) : job_(std::move(job)), client_(client) {}
  ~curl_request() override {
    {
      const std::lock_guard lock(job_->mutex);
      job_->on_end = nullptr;
    }
    job_->taken_back = true;
    client_.wake();
  }

private:
  const std::shared_ptr<http_job> job_;
  curl_client& client_;
};

std::unique_ptr<http_client::request> curl_client::post(http_post what, callback on_end) {
  auto job = std::make_shared<http_job>();
  job->what = std::move(what);
  job->on_end = std::move(on_end);
  {
    const std::lock_guard lock(mutex_);
    requested_.push_back(job);
    if (!thread_.joinable()) {
      curl().global_init(CURL_GLOBAL_DEFAULT);
      multi_ = curl().multi_init();
      thread_ = std::thread([this] { run(); });
    }
  }
  wake();
  return std::make_unique<curl_request>(std::move(job), *this);
}

void curl_client::run() {
  settle_helper_thread("vesta-http");
  while (!stopping_) {
    begin_requested();
    int at_work = 0;
    curl().multi_perform(multi_, &at_work);
    finish_done();
    curl().multi_poll(multi_, nullptr, 0, idle_ms, nullptr);
    for (const auto& each : std::vector(running_))
      if (each->taken_back) end(*each);
  }
  while (!running_.empty()) end(*running_.back());
}

void curl_client::begin_requested() {
  std::vector<std::shared_ptr<http_job>> requested;
  {
    const std::lock_guard lock(mutex_);
    requested.swap(requested_);
  }
  for (auto& each : requested) {
    auto* easy = prepare(*each);
    if (!easy || curl().multi_add_handle(multi_, easy) != CURLM_OK)
      each->end({.problem = "there is no memory for the request"});
    else
      running_.push_back(std::move(each));
  }
}

void curl_client::finish_done() {
  int left = 0;
  while (const auto* news = curl().multi_info_read(multi_, &left)) {
    const auto result = news->data.result; // `news` ends with its handle
    http_job* job = nullptr;
    curl().easy_getinfo(news->easy_handle, CURLINFO_PRIVATE, &job);
    job->end(answer_of(*job, result));
    end(*job);
  }
}

void curl_client::end(const http_job& job) {
  curl().multi_remove_handle(multi_, job.easy.get());
  std::erase_if(running_, [&](const auto& each) { return each.get() == &job; });
}

/// A part of a URL; empty where it has none.
std::string part_of(const curl_parts& url, CURLUPart which) {
  char* text = nullptr;
  if (curl().url_get(url.get(), which, &text, 0) != CURLUE_OK) return {};
  return curl_text(text).get();
}

} // namespace

http_client& real_http() {
  static curl_client instance;
  return instance;
}

absl::Status check_url(const std::string& url) {
  if (!curl().handle)
    return absl::NotFoundError("nothing can be posted without libcurl.so.4; install libcurl4");
  const curl_parts parts(curl().url());
  const auto problem = curl().url_set(parts.get(), CURLUPART_URL, url.c_str(), 0);
  const auto scheme = part_of(parts, CURLUPART_SCHEME);
  const bool has_host = problem == CURLUE_OK && !part_of(parts, CURLUPART_HOST).empty();
  if (has_host && (scheme == "http" || scheme == "https")) return absl::OkStatus();
  const auto* why = problem != CURLUE_OK ? curl().url_strerror(problem)
                    : has_host           ? "Unsupported URL scheme"
                                         : "No host";
  return absl::InvalidArgumentError(fmt::format(
      "it is no URL to post to ({}); give one such as https://HOST/PATH or http://HOST:PORT/PATH", why));
}

std::string shown_url(const std::string& url) {
  const curl_parts parts(curl().url());
  if (curl().url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return "...";
  const auto port = part_of(parts, CURLUPART_PORT);
  const bool is_whole = part_of(parts, CURLUPART_PATH) == "/" && part_of(parts, CURLUPART_QUERY).empty();
  return fmt::format("{}://{}{}{}/{}", part_of(parts, CURLUPART_SCHEME), part_of(parts, CURLUPART_HOST),
                     port.empty() ? "" : ":", port, is_whole ? "" : "...");
}

} // namespace vesta::platform
