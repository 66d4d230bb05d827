#pragma once

#include <cstddef>
#include <cstdint>

namespace modelport::zip {

/// Signatures and sizes of the records that reader and writer share (PKWARE's APPNOTE, section 4.3).
constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kDescriptorSignature = 0x08074b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr size_t kLocalSize = 30;
/// Flag bit 3: checksum and sizes follow the data.
constexpr uint16_t kHasDescriptor = 0x8;
/// The 32-bit value that sends a reader to the zip64 record.
constexpr uint32_t kIn64 = 0xffffffff;

}  // namespace modelport::zip
