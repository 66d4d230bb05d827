#include "service/api/page.h"

#include "base/sha256.h"
#include "service/api/embedded_files.h"

namespace modelport {

namespace {

/// Nothing but the page's own files and this service; pictures also from what the user dropped. No inline code.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct MediaType {
  std::string_view suffix, type;
};
constexpr MediaType kMediaTypes[] = {{".html", "text/html; charset=utf-8"},
                                     {".js", "text/javascript; charset=utf-8"},
                                     {".css", "text/css; charset=utf-8"},
                                     {".svg", "image/svg+xml"}};

std::string_view media_type_of(std::string_view name) {
  for (const MediaType& row : kMediaTypes) {
    if (name.ends_with(row.suffix)) return row.type;
  }
  return "application/octet-stream";
}

std::function<HttpResponse(const HttpRequest&)> serve(const EmbeddedFile& file) {
  const std::string tag = "\"" + sha256_hex(std::as_bytes(std::span(file.text))).substr(0, 32) + "\"";
  return [&file, tag](const HttpRequest& request) {
    HttpResponse response = text_response(200, media_type_of(file.name), "");
    if (request.header("if-none-match").find(tag) != std::string_view::npos) {
      response.status = 304;
    } else {
      response.body = std::string(file.text);
    }
    response.set("ETag", tag);
    response.set("Cache-Control", "no-cache");
    response.set("Content-Security-Policy", std::string(kPolicy));
    return response;
  };
}

}  // namespace

void add_page_routes(std::vector<Route>& routes) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.name.starts_with("assets/")) continue;
    routes.push_back({.method = HttpMethod::kGet,
                      .path = file.name == "assets/index.html" ? "/" : file.route,
                      .operation = "getPage",
                      .handle = serve(file),
                      .access = Route::Access::kOpen,
                      .documented = Route::Documented::kNo});
  }
}

}  // namespace modelport
