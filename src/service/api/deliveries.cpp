#include "service/api/handlers.h"
#include "service/api/job_json.h"
#include "service/http/site.h"

namespace modelport {

namespace {

ApiAnswer page_answer(Api& api, const HttpRequest& request, const DeliveryFilter& filter) {
  const auto limit = static_cast<int>(integer_parameter(request, "limit", 50));
  TRY(page, api.backend.jobs().deliveries().list(filter, text_parameter(request, "cursor"), limit));
  Json deliveries = Json::array();
  for (const WebhookDelivery& delivery : page.deliveries) deliveries.push_back(delivery_json(delivery));
  return json_answer({{"deliveries", std::move(deliveries)},
                      {"next_cursor", page.next_cursor.empty() ? Json() : Json(page.next_cursor)}});
}

}  // namespace

ApiAnswer list_deliveries(Api& api, const HttpRequest& request) {
  DeliveryFilter filter;
  if (const auto state = request.target.parameter("state")) filter.state = delivery_state_from_name(*state);
  return page_answer(api, request, filter);
}

ApiAnswer list_job_deliveries(Api& api, const HttpRequest& request) {
  TRY(job, api.backend.jobs().find(request.path_parameter("id")));
  return page_answer(api, request, {std::nullopt, job.id});
}

ApiAnswer resend_delivery(Api& api, const HttpRequest& request) {
  TRY(delivery, api.backend.jobs().deliveries().send_again(request.path_parameter("id")));
  return json_answer(delivery_json(delivery), 202);
}

}  // namespace modelport
