// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/damage.h>

#include <base/counted.h>
#include <fmt/format.h>

namespace ingest::decode {
namespace {

constexpr std::uint64_t kPlacesTold = 3; // in a sentence each

} // namespace

bool Damage::found(std::string what)
{
    m_what = std::move(what);
    return false;
}

/// Reading goes on behind so many further bytes.
void Damage::passedOver(std::uint64_t bytes)
{
    m_outcome.truncated = true;
    m_passed += bytes;
    if (++m_places > kPlacesTold)
        m_skipped += m_passed;
    else if (m_sink.flaw)
        m_sink.flaw(fmt::format(
            "The file is damaged behind {} {}: {}. {} passed over; what follows is shown.", m_unit,
            m_units, m_what, base::counted(m_passed, "byte was", "bytes were")));
    m_passed = 0;
    m_what.clear();
}

void Damage::tell(const std::string &trouble)
{
    if (m_places > kPlacesTold && m_sink.flaw)
        m_sink.flaw(fmt::format("The file is damaged at {}; {} passed over.",
                                base::counted(m_places - kPlacesTold, "further place"),
                                base::counted(m_skipped, "byte was", "bytes were")));
    if (!trouble.empty()) { // the cut it made is no damage of its own
        m_outcome.truncated = true;
        if (m_sink.flaw)
            m_sink.flaw(trouble);
    } else if (!m_what.empty()) {
        m_outcome.truncated = true;
        if (m_sink.flaw)
            m_sink.flaw(fmt::format("The file is damaged behind {} {}: {}. What came before is "
                                    "shown.",
                                    m_unit, m_units, m_what));
    }
}

} // namespace ingest::decode
