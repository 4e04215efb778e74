// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/evidence.h>

#include <base/hash.h>
#include <sip/digest.h>

namespace diagnosis {

std::vector<const rtp::Stream *> Evidence::incoming(std::uint32_t earlyDialog) const
{
    std::vector<const rtp::Stream *> found;
    for (const auto &bound : streams)
        if (bound.towardsCaller && bound.earlyDialog == earlyDialog)
            found.push_back(bound.stream.get());
    return found;
}

namespace {

bool holdsMessage(const Evidence &evidence, trace::RowId row)
{
    return trace::isMessage(evidence.trace.row(row).kind);
}

/// Of a message without a flaw: no header can say otherwise.
std::string_view bodyOf(const trace::Row &row, std::string_view text)
{
    if (row.bodyAt != 0)
        return row.body();
    const std::size_t blank = text.find("\r\n\r\n");
    return blank == std::string_view::npos ? std::string_view() : text.substr(blank + 4);
}

std::string_view descriptionOf(const Evidence &evidence, trace::RowId row, Parsed &entry)
{
    if (entry.description)
        return *entry.description;
    const auto text = evidence.trace.text(row);
    const trace::Row &filed = evidence.trace.row(row);
    const auto body = filed.flawless ? bodyOf(filed, text) : std::string_view();
    // Every description begins so (RFC 8866 section 5.1), no multipart does.
    entry.description = body.starts_with("v=") ? body : sip::sdpOf(text);
    return *entry.description;
}

bool holdsMediaLine(std::string_view description)
{
    constexpr std::string_view kLine = "\nm=";
    return description.starts_with(kLine.substr(1)) ||
           description.find(kLine) != std::string_view::npos;
}

} // namespace

Parsed &Memo::of(trace::RowId row)
{
    // Most calls have few rows that anybody reads: those are looked through, the newest first.
    constexpr std::size_t kFew = 16;
    const auto hashOf = [](std::uint32_t value) { return base::mixed(value, 1); };
    if (m_entries.size() <= kFew) {
        for (std::size_t i = m_entries.size(); i-- > 0;) {
            if (m_entries[i].row == row.value)
                return *m_entries[i].parsed;
        }
    } else if (const auto known =
                   m_index.find(hashOf(row.value),
                                [&](std::uint32_t i) { return m_entries[i].row == row.value; });
               known != base::FlatIndex::kNone) {
        return *m_entries[known].parsed;
    }
    m_entries.push_back({row.value, std::make_shared<Parsed>()});
    const std::size_t size = m_entries.size();
    for (std::size_t i = size == kFew + 1 ? 0 : size - 1; size > kFew && i < size; ++i)
        m_index.add(hashOf(m_entries[i].row), static_cast<std::uint32_t>(i),
                    [&](std::uint32_t at) { return hashOf(m_entries[at].row); });
    return *m_entries.back().parsed;
}

const sip::Message &Evidence::message(trace::RowId row) const
{
    auto &known = memo.of(row).message;
    if (!known && row.value < trace.size() && holdsMessage(*this, row))
        known = sip::readMessage(trace.text(row));
    if (!known)
        known.emplace();
    return *known;
}

bool Evidence::mayHave(trace::RowId row, sip::HeaderId header) const
{
    return row.value < trace.size() && trace.row(row).mayHave(header);
}

bool Evidence::describesMedia(trace::RowId row) const
{
    if (row.value >= trace.size() || !trace.row(row).hasSdp)
        return false;
    auto &entry = memo.of(row);
    if (!entry.media) // many rules ask
        entry.media = holdsMediaLine(descriptionOf(*this, row, entry));
    return *entry.media;
}

const sip::Sdp &Evidence::sdp(trace::RowId row) const
{
    auto &entry = memo.of(row);
    if (!entry.sdp) {
        const bool described = row.value < trace.size() && trace.row(row).hasSdp;
        entry.sdp =
            sip::parseSdp(described ? descriptionOf(*this, row, entry) : std::string_view());
    }
    return *entry.sdp;
}

} // namespace diagnosis
