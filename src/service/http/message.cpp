#include "service/http/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "service/http/ascii.h"

namespace modelport {

namespace {

struct MethodRow {
  HttpMethod method;
  std::string_view name;
};
constexpr std::array<MethodRow, 8> kMethods = {{{HttpMethod::kGet, "GET"},
                                                {HttpMethod::kHead, "HEAD"},
                                                {HttpMethod::kPost, "POST"},
                                                {HttpMethod::kPut, "PUT"},
                                                {HttpMethod::kPatch, "PATCH"},
                                                {HttpMethod::kDelete, "DELETE"},
                                                {HttpMethod::kOptions, "OPTIONS"},
                                                {HttpMethod::kOther, "OTHER"}}};

struct StatusRow {
  int status;
  std::string_view phrase;
};
constexpr StatusRow kStatuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {302, "Found"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

std::string_view phrase_of(int status) {
  const auto* row = std::ranges::find(kStatuses, status, &StatusRow::status);
  return row == std::end(kStatuses) ? "Unknown" : row->phrase;
}

std::string field_value(std::string_view text) {
  std::string value(text);
  std::erase_if(value, [](unsigned char c) { return c < 0x20 ? c != '\t' : c == 0x7f; });
  return value;
}

std::string framing(const HttpResponse& response, HttpVersion version) {
  if (response.status == 204 || response.status == 304) return "";
  if (const auto* text = std::get_if<std::string>(&response.body))
    return fmt::format("Content-Length: {}\r\n", text->size());
  if (const auto* file = std::get_if<FileBody>(&response.body))
    return fmt::format("Content-Length: {}\r\n", file->length);
  return version == HttpVersion::k11 ? "Transfer-Encoding: chunked\r\n" : "";
}

}  // namespace

std::string_view method_name(HttpMethod method) {
  return std::ranges::find(kMethods, method, &MethodRow::method)->name;
}

std::optional<HttpMethod> method_from_name(std::string_view name) {
  const auto* row = std::ranges::find(kMethods, name, &MethodRow::name);
  if (row == kMethods.end()) return std::nullopt;
  return row->method;
}

std::string_view HttpRequest::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &HttpHeader::name);
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

size_t HttpRequest::count_headers(std::string_view name) const {
  return static_cast<size_t>(std::ranges::count(headers, name, &HttpHeader::name));
}

std::string_view HttpRequest::path_parameter(std::string_view name) const {
  const auto found = path_parameters.find(name);
  return found == path_parameters.end() ? std::string_view() : std::string_view(found->second);
}

void HttpResponse::set(std::string name, std::string value) {
  for (HttpHeader& header : headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    header.value = std::move(value);
    return;
  }
  headers.push_back({std::move(name), std::move(value)});
}

std::string_view HttpResponse::header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return "";
}

HttpResponse text_response(int status, std::string_view media_type, std::string text) {
  HttpResponse response;
  response.status = status;
  response.set("Content-Type", std::string(media_type));
  response.body = std::move(text);
  return response;
}

HttpResponse json_response(int status, std::string text) {
  return text_response(status, "application/json", std::move(text));
}

std::string response_head(const HttpResponse& response, HttpVersion version, ConnectionAfter after) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, phrase_of(response.status));
  for (const HttpHeader& header : response.headers)
    head += fmt::format("{}: {}\r\n", header.name, field_value(header.value));
  head += framing(response, version);
  head += after == ConnectionAfter::kClose ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
  return head;
}

}  // namespace modelport
