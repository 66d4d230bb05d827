#pragma once

#include <optional>

#include "graph/dim.h"

namespace modelport {

/// The size that an atom stands for.
Dim dim_of(const Dim::Atom& atom);

/// total / part where part is one product of symbols and a number that divides every term of total; nothing otherwise.
std::optional<Dim> exact_quotient(const Dim& total, const Dim& part);

}  // namespace modelport
