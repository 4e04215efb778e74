// SPDX-License-Identifier: Apache-2.0
#include "protection.h"

#include <algorithm>
#include <rtp/rtcp.h>

namespace media {

namespace {

constexpr std::size_t kMostDialogs = 64;
constexpr std::size_t kMostOpeners = 16;     // of one dialog
constexpr std::uint32_t kMostRollovers = 64; // a day of voice

std::vector<std::unique_ptr<rtp::SrtpOpener>> openersOf(const SrtpKeys &keys)
{
    std::vector<std::unique_ptr<rtp::SrtpOpener>> out;
    for (const auto &key : keys.theirs)
        if (auto opener = rtp::SrtpOpener::open(key))
            out.push_back(std::move(opener));
    return out;
}

} // namespace

Protection::Dialog *Protection::find(const std::string &toTag)
{
    const auto known = std::find_if(m_dialogs.begin(), m_dialogs.end(),
                                    [&](const Dialog &each) { return each.toTag == toTag; });
    return known != m_dialogs.end() ? &*known : nullptr;
}

void Protection::agree(const Remote &remote)
{
    Dialog *dialog = find(remote.toTag);
    if (dialog == nullptr && m_dialogs.size() >= kMostDialogs)
        return;
    if (dialog == nullptr) {
        dialog = &m_dialogs.emplace_back();
        dialog->toTag = remote.toTag;
    }
    dialog->rtp = remote.rtp;
    dialog->closed = remote.closed;
    if (remote.keys)
        m_figures.suite = rtp::suiteName(remote.keys->ours.suite);
    if (dialog->keys == remote.keys)
        return; // libsrtp goes on counting where it is
    if (!dialog->keys || !remote.keys || dialog->keys->ours != remote.keys->ours)
        dialog->sealer = remote.keys ? rtp::SrtpSealer::open(remote.keys->ours) : nullptr;
    if (!dialog->keys || !remote.keys || dialog->keys->theirs != remote.keys->theirs) {
        dialog->former = std::move(dialog->openers);
        dialog->openers = remote.keys ? openersOf(*remote.keys) : Openers();
    }
    dialog->keys = remote.keys;
}

void Protection::close(const std::string &toTag)
{
    if (Dialog *dialog = find(toTag))
        dialog->sealer.reset(); // what still comes is told apart by its key
}

template <class Open> bool Protection::tryOpen(const Dialog &dialog, Open open, Opening &out)
{
    using Result = rtp::SrtpOpener::Result;
    for (const Openers *list : {&dialog.openers, &dialog.former}) {
        for (const auto &opener : *list) {
            const Result result = open(*opener);
            if (result == Result::Refused)
                continue;
            out.verdict = result == Result::Opened ? Verdict::Opened : Verdict::Repeated;
            out.plain = result == Result::Opened ? std::string_view(m_plain) : std::string_view();
            out.toTag = &dialog.toTag;
            return true;
        }
    }
    return false;
}

template <class Open> bool Protection::open(const base::Endpoint &source, Open open, Opening &out)
{
    for (const bool named : {true, false}) // first who said that it would send from there
        for (const Dialog &dialog : m_dialogs)
            if ((dialog.rtp == source) == named && tryOpen(dialog, open, out))
                return true;
    return false;
}

/// A new key in the middle of a stream: the count of its turns goes on (RFC 3711 section 3.3.1).
bool Protection::openLater(std::string_view packet, std::uint32_t rollover, Opening &out)
{
    if (rollover == 0)
        return false;
    for (Dialog &dialog : m_dialogs) {
        for (std::size_t i = 0; i < dialog.openers.size() && i < kMostOpeners / 2; ++i) {
            std::uint32_t found = 0;
            auto later = dialog.openers[i]->later(packet, std::min(rollover + 1, kMostRollovers),
                                                  m_plain, found);
            if (!later)
                continue;
            if (dialog.openers.size() >= kMostOpeners)
                dialog.openers.pop_back();
            dialog.openers.push_back(std::move(later)); // of that sender alone
            out = {Verdict::Opened, m_plain, &dialog.toTag};
            return true;
        }
    }
    return false;
}

/// What no key fits is in the clear where the call allows that and nobody who has agreed on keys
/// announced that source, be it by its port or, if there is no better, by its address. Who agreed
/// on keys and says goodbye in the clear (`readable`) has used no wrong key.
Protection::Opening Protection::unopened(const base::Endpoint &source, bool readable)
{
    const Dialog *from = nullptr;
    bool anyPlain = m_dialogs.empty(), anyKeys = false;
    for (const Dialog &dialog : m_dialogs) {
        anyPlain = anyPlain || (!dialog.keys && !dialog.closed);
        anyKeys = anyKeys || dialog.keys.has_value();
        const bool near = dialog.rtp.address == source.address && from == nullptr;
        if (dialog.rtp == source || near)
            from = &dialog;
    }
    const bool keyed = from != nullptr ? from->keys.has_value() : anyKeys && !anyPlain;
    const bool closed = isRequired(m_wanted) || (from != nullptr ? from->closed : !anyPlain) ||
                        (m_wanted == Srtp::Offered && m_dialogs.empty());
    if (!keyed && !closed)
        return {};
    ++(!keyed ? m_figures.keyless : readable ? m_figures.clear : m_figures.refused);
    return {Verdict::Refused, {}, nullptr, !keyed};
}

Protection::Opening Protection::rtp(const base::Endpoint &source, std::string_view packet,
                                    std::uint32_t rollover)
{
    Opening out;
    const auto opens = [&](rtp::SrtpOpener &opener) { return opener.rtp(packet, m_plain); };
    if (open(source, opens, out) || openLater(packet, rollover, out))
        return out;
    return unopened(source);
}

Protection::Opening Protection::rtcp(const base::Endpoint &source, std::string_view packet)
{
    Opening out;
    const auto opens = [&](rtp::SrtpOpener &opener) { return opener.rtcp(packet, m_plain); };
    // The parts of SRTCP never fit together to its last byte.
    return open(source, opens, out) ? out : unopened(source, rtp::isRtcp(packet));
}

template <class Seal>
std::string_view Protection::seal(const std::string &toTag, std::string_view packet, Seal seal)
{
    Dialog *dialog = find(toTag);
    if (dialog == nullptr || (!dialog->keys && !dialog->closed))
        return isRequired(m_wanted) ? std::string_view() : packet;
    if (!dialog->sealer || !seal(*dialog->sealer))
        return {};
    return m_sealed;
}

std::string_view Protection::sealRtp(const std::string &toTag, std::string_view packet)
{
    return seal(toTag, packet,
                [&](rtp::SrtpSealer &sealer) { return sealer.rtp(packet, m_sealed); });
}

std::string_view Protection::sealRtcp(const std::string &toTag, std::string_view packet)
{
    return seal(toTag, packet,
                [&](rtp::SrtpSealer &sealer) { return sealer.rtcp(packet, m_sealed); });
}

} // namespace media
