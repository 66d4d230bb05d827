#pragma once

#include <memory>
#include <semaphore>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace modelport {

/// How many may do something costly at the same time. Nobody waits for a place: whoever finds none is told to come
/// back. Safe from any thread.
class Places {
 public:
  explicit Places(int count) : free_(count) {}

  /// Held until it is destroyed. kBusy, with `what` ("checkpoints are being looked at"), where all are taken.
  class Place {
   public:
    explicit Place(Places& places) : places_(&places) {}
    Place(Place&& other) noexcept : places_(std::exchange(other.places_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (places_ != nullptr) places_->free_.release();
    }

   private:
    Places* places_;
  };
  Result<Place> take(std::string_view what) {
    if (free_.try_acquire()) return Place(*this);
    return fail(ErrorCode::kBusy, "as many {} as may be at a time; try again in a while", what);
  }

 private:
  std::counting_semaphore<1024> free_;
};

}  // namespace modelport
