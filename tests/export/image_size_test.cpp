#include "source/image_size.h"

#include <gtest/gtest.h>

namespace modelport {
namespace {

using Size = std::optional<std::array<int64_t, 2>>;

TEST(ImageSize, IsReadInEveryFormThatTheFrameworkTakes) {
  for (const std::string_view text : {"64", "[64]", "(64,)", "(64, 64)", "64,64", " [ 64 , 64 ] ", "64.0"})
    EXPECT_EQ(image_size_from_text(text), (Size{{64, 64}})) << text;
  EXPECT_EQ(image_size_from_text("[64, 96]"), (Size{{64, 96}}));
  EXPECT_EQ(image_size_from_sides(std::vector<double>{64, 96}), (Size{{64, 96}}));
  EXPECT_EQ(image_size_from_sides(std::vector<double>{64}), (Size{{64, 64}}));
}

TEST(ImageSize, IsNothingElse) {
  for (const std::string_view text :
       {"", "[]", "64x96", "big", "64,96,3", "0", "-64", "64.5", "1e3", "16385", "[64", "64]", "[64,,96]", "nan"})
    EXPECT_EQ(image_size_from_text(text), std::nullopt) << text;
  for (const std::vector<double>& sides : {std::vector<double>{}, {64, 96, 3}, {0}, {64, 96.5}, {1e300}})
    EXPECT_EQ(image_size_from_sides(sides), std::nullopt);
}

}  // namespace
}  // namespace modelport
