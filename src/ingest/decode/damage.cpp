// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/damage.h>

#include <base/counted.h>
#include <fmt/format.h>
#include <utility>

namespace ingest::decode {
namespace {

constexpr std::uint64_t kPlacesTold = 3; // in a sentence each

} // namespace

bool Damage::found(std::string what)
{
    m_what = std::move(what);
    return false;
}

void Damage::tellAtOnce()
{
    m_outcome.truncated = true;
    m_toldAtOnce = m_places < kPlacesTold && m_sink.flaw;
    if (m_toldAtOnce)
        m_sink.flaw(fmt::format("The file is damaged behind {} {}: {}. What is written behind it "
                                "is shown as soon as a {} can be recognised.",
                                m_unit, m_units, m_what, m_unit));
}

void Damage::waiting(std::size_t there, std::size_t claimed)
{
    if (m_sink.flaw && !std::exchange(m_toldWaiting, true))
        m_sink.flaw(fmt::format("Behind {} {} the file holds {} of the {} that the next one has, "
                                "and nothing has followed for some seconds. It is shown when it "
                                "is complete; a program that captures can write each packet at "
                                "once (tcpdump -U).",
                                m_unit, m_units, there, base::counted(claimed, "byte")));
}

/// Reading goes on behind so many further bytes.
void Damage::passedOver(std::uint64_t bytes)
{
    m_outcome.truncated = true;
    m_passed += bytes;
    if (++m_places > kPlacesTold)
        m_skipped += m_passed;
    else if (std::exchange(m_toldAtOnce, false))
        m_sink.flaw(fmt::format("{} passed over behind {} {}; what follows is shown.",
                                base::counted(m_passed, "byte was", "bytes were"), m_unit,
                                m_units));
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
    } else if (!m_what.empty() && !m_toldAtOnce) {
        m_outcome.truncated = true;
        if (m_sink.flaw)
            m_sink.flaw(fmt::format("The file is damaged behind {} {}: {}. What came before is "
                                    "shown.",
                                    m_unit, m_units, m_what));
    }
}

} // namespace ingest::decode
