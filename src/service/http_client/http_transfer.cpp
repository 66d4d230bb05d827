#include "service/http_client/http_transfer.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <mutex>

namespace modelport {

namespace {

constexpr size_t kLargestHeaders = size_t{64} << 10;

/// Functions of libcurl, found at run time: Debian has no archive of it that could be linked statically.
struct Curl {
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) init = nullptr;
  CURLcode (*setopt)(CURL*, CURLoption, ...) = nullptr;
  CURLcode (*getinfo)(CURL*, CURLINFO, ...) = nullptr;
  decltype(&curl_easy_perform) perform = nullptr;
  decltype(&curl_easy_cleanup) cleanup = nullptr;
  decltype(&curl_easy_strerror) error_text = nullptr;
  decltype(&curl_slist_append) append = nullptr;
  decltype(&curl_slist_free_all) free_all = nullptr;
};

const Curl* load_curl() {
  static const std::unique_ptr<const Curl> loaded = []() -> std::unique_ptr<const Curl> {
    void* library = nullptr;
    for (const char* name : {"libcurl.so.4", "libcurl-gnutls.so.4"}) {
      if (library == nullptr) library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    }
    if (library == nullptr) return nullptr;
    Curl curl;
    bool is_whole = true;
    const auto find = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
      is_whole = is_whole && function != nullptr;
    };
    find(curl.global_init, "curl_global_init");
    find(curl.init, "curl_easy_init");
    find(curl.setopt, "curl_easy_setopt");
    find(curl.getinfo, "curl_easy_getinfo");
    find(curl.perform, "curl_easy_perform");
    find(curl.cleanup, "curl_easy_cleanup");
    find(curl.error_text, "curl_easy_strerror");
    find(curl.append, "curl_slist_append");
    find(curl.free_all, "curl_slist_free_all");
    if (!is_whole || curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return nullptr;
    return std::make_unique<const Curl>(curl);
  }();
  return loaded.get();
}

/// One transfer under way, for libcurl's callbacks.
struct Exchange {
  const HttpTransfer& request;
  const std::function<bool(std::string_view)>& sink;
  HttpReply reply;
  int64_t sent = 0;
  size_t header_bytes = 0;
  bool is_cut = false;

  size_t give(char* into, size_t room) {
    const int64_t total = request.body_file >= 0 ? request.body_bytes : static_cast<int64_t>(request.body.size());
    const auto count = static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(room), total - sent));
    if (request.body_file < 0) {
      std::copy_n(request.body.data() + sent, count, into);
    } else if (::pread(request.body_file, into, count, request.body_offset + sent) != static_cast<ssize_t>(count)) {
      return CURL_READFUNC_ABORT;
    }
    sent += static_cast<int64_t>(count);
    return count;
  }

  size_t take(std::string_view bytes) {
    if (sink && reply.status / 100 == 2) return sink(bytes) ? bytes.size() : 0;
    if (reply.body.size() + bytes.size() > request.largest_body) {
      is_cut = request.excess == HttpTransfer::Excess::kIsLeftOut;
      return 0;
    }
    reply.body += bytes;
    return bytes.size();
  }

  size_t take_header(std::string_view line) {
    const size_t size = line.size();
    if ((header_bytes += size) > kLargestHeaders) return 0;
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
      // A further one after "100 Continue".
      const size_t space = line.find(' ');
      reply = {space == std::string_view::npos ? 0 : std::atoi(line.data() + space + 1), {}, {}};
      return size;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    reply.headers[name] = value;
    return size;
  }
};

size_t on_read(char* into, size_t size, size_t count, void* exchange) {
  return static_cast<Exchange*>(exchange)->give(into, size * count);
}
size_t on_write(char* bytes, size_t size, size_t count, void* exchange) {
  return static_cast<Exchange*>(exchange)->take({bytes, size * count});
}
size_t on_header(char* bytes, size_t size, size_t count, void* exchange) {
  return static_cast<Exchange*>(exchange)->take_header({bytes, size * count});
}
int on_progress(void* exchange, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(exchange)->request.should_stop() ? 1 : 0;
}

void describe(const Curl& curl, CURL* handle, const HttpTransfer& request, Exchange& exchange, curl_slist* headers) {
  curl.setopt(handle, CURLOPT_URL, request.url.c_str());
  curl.setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl.setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl.setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl.setopt(handle, CURLOPT_NOPROXY, "*");
  // What was signed or checked is what is sent.
  curl.setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  curl.setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl.setopt(handle, CURLOPT_CONNECTTIMEOUT, 10L);
  curl.setopt(handle, CURLOPT_TIMEOUT, static_cast<long>(request.timeout.count()));
  curl.setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl.setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall.count()));
  curl.setopt(handle, CURLOPT_HEADERFUNCTION, &on_header);
  curl.setopt(handle, CURLOPT_HEADERDATA, &exchange);
  curl.setopt(handle, CURLOPT_WRITEFUNCTION, &on_write);
  curl.setopt(handle, CURLOPT_WRITEDATA, &exchange);
  if (request.should_stop) {
    curl.setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl.setopt(handle, CURLOPT_XFERINFOFUNCTION, &on_progress);
    curl.setopt(handle, CURLOPT_XFERINFODATA, &exchange);
  }
  if (request.method == "HEAD") curl.setopt(handle, CURLOPT_NOBODY, 1L);
  if (request.method != "PUT" && request.method != "POST") return;
  const int64_t bytes = request.body_file >= 0 ? request.body_bytes : static_cast<int64_t>(request.body.size());
  curl.setopt(handle, CURLOPT_UPLOAD, 1L);
  curl.setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes));
  curl.setopt(handle, CURLOPT_READFUNCTION, &on_read);
  curl.setopt(handle, CURLOPT_READDATA, &exchange);
}

}  // namespace

Result<HttpReply> transfer(const HttpTransfer& request, const std::function<bool(std::string_view)>& sink) {
  const Curl* curl = load_curl();
  if (curl == nullptr) {
    Error error = fail(ErrorCode::kUnavailable, "libcurl is not on this machine");
    error.hint = "apt install libcurl4";
    return error;
  }
  const std::unique_ptr<CURL, decltype(curl->cleanup)> handle(curl->init(), curl->cleanup);
  if (!handle) return fail(ErrorCode::kInternal, "libcurl gives no handle");
  curl_slist* list = nullptr;
  for (const auto& [name, value] : request.headers)
    list = curl->append(list, (value.empty() ? name + ";" : name + ": " + value).c_str());
  // Neither is signed nor wanted.
  for (const char* header : {"Expect:", "Accept:", "Content-Type:"}) {
    std::string name(header, std::string_view(header).size() - 1);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!request.headers.contains(name)) list = curl->append(list, header);
  }
  const std::unique_ptr<curl_slist, decltype(curl->free_all)> headers(list, curl->free_all);
  // No host and no port before the two colons: it holds for whatever libcurl makes of the URL.
  curl_slist* pin = request.connect_to.empty() ? nullptr : curl->append(nullptr, ("::" + request.connect_to).c_str());
  const std::unique_ptr<curl_slist, decltype(curl->free_all)> pinned(pin, curl->free_all);
  if (pin != nullptr) curl->setopt(handle.get(), CURLOPT_CONNECT_TO, pin);
  Exchange exchange{request, sink, {}};
  describe(*curl, handle.get(), request, exchange, headers.get());
  const CURLcode result = curl->perform(handle.get());
  if (result != CURLE_OK && !exchange.is_cut) return fail(ErrorCode::kUnavailable, "{}", curl->error_text(result));
  return std::move(exchange.reply);
}

}  // namespace modelport
