#include "service/jobs/job_id.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace modelport {

Result<std::string> new_job_id() {
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::array<unsigned char, 26> random;
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    return fail(ErrorCode::kInternal, "the kernel gives no random bytes: {}", std::strerror(errno));
  std::string id = "job_";
  for (const unsigned char byte : random) id += kDigits[byte % kDigits.size()];
  return id;
}

}  // namespace modelport
