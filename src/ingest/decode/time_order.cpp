// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/time_order.h>

#include <algorithm>

namespace ingest::decode {

namespace {

constexpr std::size_t kMostBytes = std::size_t{2} << 30U;
constexpr std::size_t kMostRecords = std::size_t{1} << 24U; // each takes 24 octets, twice
constexpr std::size_t kOften = 3;                           // a clock that is set goes back once
constexpr base::Duration kFar = std::chrono::seconds(5);
/// Several interfaces written to one file differ by this much; nothing depends on that.
constexpr base::Duration kNear = std::chrono::milliseconds(20);

} // namespace

void TimeOrder::add(base::Instant time, std::size_t at, std::size_t length)
{
    if (m_bytes != 0 && time < m_previous) {
        ++m_back;
        m_farthest = std::max(m_farthest, m_latest - time);
    }
    m_latest = std::max(m_latest, time);
    m_previous = time;
    if (m_gathers)
        m_records.push_back({time, at, length});
    m_bytes += length;
    ++m_count;
}

bool TimeOrder::needed() const
{
    return ((m_back >= kOften && m_farthest > kNear) || m_farthest > kFar) &&
           m_bytes <= kMostBytes && m_count <= kMostRecords;
}

base::Blob TimeOrder::sorted(std::string head, std::string_view bytes, std::string_view tail)
{
    std::stable_sort(m_records.begin(), m_records.end(),
                     [](const Record &a, const Record &b) { return a.time < b.time; });
    head.reserve(head.size() + m_bytes + tail.size());
    for (const Record &record : m_records)
        head += bytes.substr(record.at, record.length);
    head += tail;
    auto owner = std::make_shared<const std::string>(std::move(head));
    const std::string_view view = *owner;
    return base::Blob::view(std::move(owner), view);
}

} // namespace ingest::decode
