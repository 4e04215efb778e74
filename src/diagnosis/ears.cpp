// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/ears.h>

#include <algorithm>
#include <array>
#include <diagnosis/facts.h>
#include <fmt/format.h>
#include <map>

namespace diagnosis {
namespace {

using namespace std::chrono_literals;
constexpr base::Duration kTrapAfter = 4s;
constexpr std::uint32_t kNobody = ~0U;

struct Dialog {
    bool alerting = false, described = false, active = false, allowed = true, ended = false;
    int order = 0; // of its media's start; the newest is taken
    trace::RowId alertedBy, describedBy, allowedBy;
    rtp::StreamId stream;
};

/// What every phone knows; the policies differ in what they make of it.
struct Phone {
    std::map<std::uint32_t, Dialog> dialogs;
    std::uint32_t rendered = kNobody;
    std::vector<EarSwitch> out;
    int starts = 0;
    base::Instant quietSince; // progress without sound
    bool trapped = false;     // and it was told that this is dead air
    trace::RowId progress;

    void learn(const EarEvent &event)
    {
        Dialog &dialog = dialogs[event.dialog];
        switch (event.kind) {
        case EarKind::Provisional:
            if (event.code == 180) {
                dialog.alertedBy = dialog.alerting ? dialog.alertedBy : event.row;
                dialog.alerting = true;
            }
            if (event.flag) {
                dialog.described = true;
                dialog.describedBy = event.row;
            }
            progress = event.row;
            break;
        case EarKind::Permission:
            dialog.allowed = event.flag;
            dialog.allowedBy = event.row;
            break;
        case EarKind::MediaStarts:
            dialog.active = true;
            dialog.stream = event.stream;
            dialog.order = ++starts;
            break;
        case EarKind::MediaStops:
            dialog.active = event.stream == dialog.stream ? false : dialog.active;
            break;
        case EarKind::DialogEnds:
            dialog.ended = true;
            break;
        case EarKind::Answered:
        case EarKind::CallEnds:
            break;
        }
    }
    void endQuiet()
    {
        quietSince = {};
        trapped = false;
    }
    bool sounds(std::uint32_t index) const
    {
        const auto found = dialogs.find(index);
        return found != dialogs.end() && found->second.active && !found->second.ended;
    }
    /// Adds it if it is news; what held for no time at all was none.
    void change(EarSwitch next)
    {
        if (!out.empty() && out.back().at == next.at)
            out.pop_back();
        if (!out.empty() && out.back().what == next.what && out.back().dialog == next.dialog &&
            out.back().rule == next.rule && out.back().trap == next.trap)
            return;
        out.push_back(std::move(next));
    }
};

void ourRule(Phone &phone, base::Instant at)
{
    const auto plays = [&](const auto &entry) {
        return entry.second.active && entry.second.allowed && !entry.second.ended;
    };
    const auto current = phone.dialogs.find(phone.rendered);
    if (current == phone.dialogs.end() || !plays(*current)) {
        phone.rendered = kNobody;
        int newest = 0;
        for (const auto &entry : phone.dialogs)
            if (plays(entry) && entry.second.order > newest) {
                newest = entry.second.order;
                phone.rendered = entry.first;
            }
    }
    if (phone.rendered != kNobody) {
        const Dialog &dialog = phone.dialogs[phone.rendered];
        phone.change({at,
                      Hears::EarlyMedia,
                      phone.rendered,
                      3,
                      false,
                      "early media arrives, so it is played and there is no local ringback",
                      {},
                      dialog.stream});
        phone.endQuiet();
        return;
    }
    for (const auto &[index, dialog] : phone.dialogs) {
        if (!dialog.alerting || dialog.ended)
            continue;
        phone.change({at,
                      Hears::Ringback,
                      index,
                      2,
                      false,
                      dialog.active
                          ? "a 180 came, and the media that arrives is not allowed, so "
                            "the phone rings by itself"
                          : "a 180 came and no media arrives, so the phone rings by itself",
                      dialog.alertedBy,
                      {}});
        phone.endQuiet();
        return;
    }
    if (phone.trapped)
        return; // it goes on
    if (!phone.quietSince.known())
        phone.quietSince = at;
    phone.change({at,
                  Hears::Nothing,
                  kNobody,
                  1,
                  false,
                  "no 180 came and no media arrives, so nothing is played",
                  phone.progress,
                  {}});
}

/// The four seconds after which a caller takes the line for dead.
void springTrap(Phone &phone, base::Instant until)
{
    if (phone.trapped || !phone.quietSince.known() || phone.quietSince + kTrapAfter > until)
        return;
    phone.trapped = true;
    phone.change({phone.quietSince + kTrapAfter,
                  Hears::Nothing,
                  kNobody,
                  1,
                  true,
                  "progress without media for 4 s and without a 180: the caller hears dead air",
                  phone.progress,
                  {}});
}

void otherRule(EarPolicy policy, Phone &phone, const EarEvent &event, Hears &mode)
{
    const bool progress = event.kind == EarKind::Provisional;
    const bool alone = phone.rendered == kNobody;
    const bool latest = policy == EarPolicy::Baresip || policy == EarPolicy::Pjsip;
    if (progress && event.flag && (alone || latest || phone.dialogs[phone.rendered].ended)) {
        mode = Hears::EarlyMedia;
        phone.rendered = event.dialog;
    } else if (progress && !event.flag) {
        const bool inMedia = mode == Hears::EarlyMedia;
        const bool rings = policy == EarPolicy::Baresip    ? true
                           : policy == EarPolicy::Linphone ? !inMedia
                                                           : event.code == 180 && !inMedia;
        if (rings)
            mode = Hears::Ringback;
        else if (!inMedia && event.code != 180 &&
                 (policy == EarPolicy::Asterisk || policy == EarPolicy::FreeSwitch))
            mode = Hears::Nothing; // taken for early media: its own ringback stops
        if (mode == Hears::Ringback)
            phone.rendered = kNobody;
    }
    const bool media = mode == Hears::EarlyMedia;
    const bool sounds = media && phone.sounds(phone.rendered);
    const std::uint32_t whose = media ? phone.rendered : event.dialog;
    const Hears what = media && !sounds ? Hears::Nothing : mode;
    phone.change({event.at, what, what == Hears::Nothing && !media ? kNobody : whose, 0, false,
                  what == Hears::Ringback ? "it rings by itself"
                  : sounds                ? "it plays the early media of this dialog"
                  : media                 ? "it waits for the early media of this dialog"
                                          : "it plays nothing",
                  event.row, event.stream});
}

} // namespace

std::string_view hearsText(Hears hears)
{
    static constexpr std::array<std::string_view, 4> kTexts{"nothing", "local ringback",
                                                            "early media", "the answered call"};
    return kTexts[static_cast<std::size_t>(hears) % kTexts.size()];
}

std::span<const EarPolicy> earPolicies()
{
    static constexpr std::array kAll{EarPolicy::Rfc3960,   EarPolicy::Baresip, EarPolicy::Linphone,
                                     EarPolicy::Twinkle,   EarPolicy::Pjsip,   EarPolicy::Asterisk,
                                     EarPolicy::FreeSwitch};
    return kAll;
}

std::string_view policyText(EarPolicy policy)
{
    static constexpr std::array<std::string_view, 7> kTexts{
        "RFC 3960", "baresip", "Linphone", "Twinkle", "PJSIP", "Asterisk", "FreeSWITCH"};
    return kTexts[static_cast<std::size_t>(policy) % kTexts.size()];
}

std::vector<EarSwitch> hearBy(EarPolicy policy, std::span<const EarEvent> events, base::Instant now)
{
    Phone phone;
    Hears mode = Hears::Nothing;
    const bool ours = policy == EarPolicy::Rfc3960;
    for (const EarEvent &event : events) {
        if (ours)
            springTrap(phone, event.at);
        if (event.kind == EarKind::Answered) {
            phone.change({event.at,
                          Hears::Answer,
                          event.dialog,
                          0,
                          false,
                          "the call is answered: that dialog is heard, the others are not",
                          event.row,
                          {}});
            return std::move(phone.out);
        }
        if (event.kind == EarKind::CallEnds) {
            phone.change(
                {event.at, Hears::Nothing, kNobody, 0, false, "the call is over", event.row, {}});
            return std::move(phone.out);
        }
        phone.learn(event);
        if (ours)
            ourRule(phone, event.at);
        else
            otherRule(policy, phone, event, mode);
    }
    if (ours)
        springTrap(phone, now);
    return std::move(phone.out);
}

base::Duration silentFor(std::span<const EarSwitch> switches, base::Instant end)
{
    base::Duration all{0};
    for (std::size_t i = 0; i < switches.size(); ++i) {
        const bool last = i + 1 == switches.size();
        const bool over = last && switches[i].rule == 0 && switches[i].dialog == kNobody;
        const base::Instant until = last ? std::max(end, switches[i].at) : switches[i + 1].at;
        if (switches[i].what == Hears::Nothing && !over)
            all += until - switches[i].at;
    }
    return all;
}

} // namespace diagnosis
