#pragma once

#include <map>
#include <string>

namespace modelport {

/// Which points of a long sweep were passed before, in a file that is good for one build of the programs that are
/// killed; a sweep that was stopped goes on behind them.
class SweepProgress {
 public:
  /// Nothing is kept where `file` is empty.
  SweepProgress(std::string file, const std::string& program);

  /// The kills survived at that point of that sweep; -1: not yet.
  int kills_at(const std::string& sweep, int point) const;
  void note(const std::string& sweep, int point, int kills);
  /// Once all sweeps are done: the next run begins anew.
  void finish();

 private:
  std::string file_;
  std::map<std::string, int> kills_;
};

}  // namespace modelport
