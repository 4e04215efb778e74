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
std::string_view bodyOf(std::string_view text)
{
    const std::size_t blank = text.find("\r\n\r\n");
    return blank == std::string_view::npos ? std::string_view() : text.substr(blank + 4);
}

std::string_view descriptionOf(const Evidence &evidence, trace::RowId row, Parsed &entry)
{
    if (entry.description)
        return *entry.description;
    const auto text = evidence.trace.text(row);
    const auto body = evidence.trace.row(row).flawless ? bodyOf(text) : std::string_view();
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
    const auto hashOf = [](std::uint32_t value) { return base::mixed(value, 1); };
    const auto hash = hashOf(row.value);
    const auto known =
        m_index.find(hash, [&](std::uint32_t i) { return m_entries[i].row == row.value; });
    if (known != base::FlatIndex::kNone)
        return *m_entries[known].parsed;
    m_entries.push_back({row.value, std::make_shared<Parsed>()});
    m_index.add(hash, static_cast<std::uint32_t>(m_entries.size() - 1),
                [&](std::uint32_t i) { return hashOf(m_entries[i].row); });
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
