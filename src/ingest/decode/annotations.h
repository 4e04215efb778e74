// SPDX-License-Identifier: Apache-2.0
// What people and programs wrote beside the packets of a file: comments, remarks on the
// whole. Bounded. One importer's thread; owned by the Decoder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ingest::decode {

class Annotations
{
public:
    /// Of the frame that comes next.
    void comment(std::string text) { m_comment = kept(std::move(text)); }
    /// Of the file or an interface; waits for a frame's time.
    void remark(std::string text);

    bool commented() const { return m_comment != nullptr; }
    std::shared_ptr<const std::string> takeComment() { return std::exchange(m_comment, nullptr); }
    bool remarked() const { return !m_remarks.empty(); }
    std::vector<std::string> takeRemarks() { return std::exchange(m_remarks, {}); }
    std::uint64_t refused() const { return m_refused; } // that were too much

private:
    bool fits(std::size_t bytes);
    std::shared_ptr<const std::string> kept(std::string text);

    std::shared_ptr<const std::string> m_comment;
    std::vector<std::string> m_remarks;
    std::size_t m_bytes = 0;
    std::uint64_t m_refused = 0;
};

} // namespace ingest::decode
