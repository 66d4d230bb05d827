#include "service/jobs/own_places.h"

#include <gtest/gtest.h>

namespace modelport {
namespace {

const std::string kWork = "/srv/model/work/job_0123456789abcdefghjkmnpqrs.12";
const std::string kUpload = "/srv/model/checkpoints/" + std::string(64, 'a') + "/content";

TEST(OwnPlacesTest, AreCutToWhatLiesInThem) {
  EXPECT_EQ(without_own_places("cannot write " + kWork + "/output/model.onnx: disk full"),
            "cannot write output/model.onnx: disk full");
  EXPECT_EQ(without_own_places("[Errno 2] No such file: '" + kUpload + "/best.pt'"),
            "[Errno 2] No such file: 'best.pt'");
  EXPECT_EQ(without_own_places("--output_dir=" + kWork + "/output, in " + kWork), "--output_dir=output, in .");
  EXPECT_EQ(without_own_places(kWork), ".");
  EXPECT_EQ(without_own_places("file://" + kWork + "/scratch/a"), "file:scratch/a");
  EXPECT_EQ(without_own_places(kUpload + "/extracted" + kWork + "/output"), "output");
}

TEST(OwnPlacesTest, AreAllThatIsCut) {
  for (const std::string text : {"", "/", "a/b", "layer model/22/cv3 holds 1/2", "/etc/passwd", "/srv/job_1/x",
                                 "/srv/job_0123456789abcdefghjkmnpqrs/x", "/srv/content/x", "see https://example.org/a",
                                 "x/srv/model/work/job_0123456789abcdefghjkmnpqrs.12/output"})
    EXPECT_EQ(without_own_places(text), text);
}

}  // namespace
}  // namespace modelport
