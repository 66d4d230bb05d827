#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "checkpoint/container.h"
#include "checkpoint/pickle_value.h"
#include "io/zip_reader.h"

namespace modelport {

/// Which container the members of a zip archive make: torch.save's has one `<folder>/data.pkl`; TorchScript, .pt2,
/// .keras and others have members that only they have; anything else stays kZip, or kEncryptedZip.
Container classify_zip(const ZipReader& zip);

/// Reads what torch.save wrote (torch/serialization.py, _save): `<folder>/data.pkl` and the storages it names in
/// `<folder>/data/`. Stored members are viewed in the mapped file, deflated ones are inflated under a limit that the
/// file's size sets; every declared size is checked before it is believed, non-zero CRCs are verified.
/// `zip`'s bytes must be kept alive by `owner`; so are the arena's texts.
Result<PickleValue> read_torch_zip(const ZipReader& zip, uint64_t file_size, std::shared_ptr<const void> owner,
                                   PickleArena& arena);

}  // namespace modelport
