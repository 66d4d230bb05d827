#pragma once

#include <filesystem>
#include <mutex>

/// From now on SIGTERM, SIGINT and SIGHUP remove `scratch` and end the process with 128 + signal, at once and whatever
/// its threads do, except that whoever holds `publishing` is let finish. A write beyond the limit of a file's size
/// fails with an error instead of a signal. Call once.
void end_on_signals(const std::filesystem::path& scratch, std::mutex& publishing);

/// Where a signal has come, the process ends here by it: what fails because the scratch directory went is no failure.
void never_return_if_ending();

/// Takes `publishing`; where a signal has come already, never returns.
std::unique_lock<std::mutex> lock_unless_ending(std::mutex& publishing);
