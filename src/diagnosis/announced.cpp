// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/announced.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/offer_answer.h>

namespace diagnosis {
namespace {

constexpr std::size_t kMostPermissions = 64;

bool nowhere(const sip::SdpMedia &audio)
{
    return audio.connection == "0.0.0.0" || audio.connection == "::";
}

/// The audio line's number among the media lines: P-Early-Media has one direction for each.
std::size_t audioLine(const Evidence &evidence, std::uint32_t dialog, base::Instant when)
{
    const auto *const described = inForce(evidence, dialog, false, when);
    if (described == nullptr)
        return 0;
    const auto &media = evidence.sdp(described->row).media;
    const auto audio = std::find_if(media.begin(), media.end(),
                                    [](const sip::SdpMedia &line) { return line.type == "audio"; });
    return audio != media.end() ? static_cast<std::size_t>(audio - media.begin()) : 0;
}

/// No message has a P-Early-Media. Of a large call that is not looked up for each of its dialogs.
bool surelyUnsaid(const Evidence &evidence)
{
    constexpr std::size_t kMostRows = 256;
    const auto &rows = evidence.call.rows;
    return rows.size() <= kMostRows && std::none_of(rows.begin(), rows.end(), [&](const auto &r) {
               return evidence.trace.row(r.row).earlyMedia;
           });
}

MediaPermission lastOf(const Evidence &evidence, const std::vector<MediaPermission> &said,
                       base::Instant when)
{
    MediaPermission last;
    for (const auto &each : said)
        if (evidence.time(each.row) <= when)
            last = each;
    return last;
}

/// One of the callee's descriptions until then has lines of RFC 3312.
bool withPreconditions(const Evidence &evidence, std::uint32_t dialog, base::Instant when)
{
    const auto &all = descriptions(evidence, dialog);
    return std::any_of(all.begin(), all.end(), [&](const Described &each) {
        const auto *const audio = evidence.sdp(each.row).audio();
        return !each.byCaller && each.from <= when && audio != nullptr &&
               (audio->attribute("des") || audio->attribute("curr"));
    });
}

Announcement announced(const Evidence &evidence, std::uint32_t dialog, base::Instant when,
                       const std::vector<MediaPermission> &said)
{
    Announcement out;
    const auto *const described = inForce(evidence, dialog, false, when);
    if (described == nullptr)
        return out;
    out.row = described->row;
    const auto *const audio = evidence.sdp(described->row).audio();
    const auto permission = lastOf(evidence, said, when);
    const bool allowed = permission.row.valid() && callerMayHear(permission.direction);
    if (audio == nullptr || audio->port == 0)
        out.what = Announced::Refused;
    else if (permission.row.valid() && !allowed)
        out.what = Announced::Withheld;
    else if (!callerMayHear(audio->direction) || nowhere(*audio))
        out.what = Announced::NotThisWay;
    // That exchange is made for the resources; what is to be heard is said beside it.
    else if (withPreconditions(evidence, dialog, when) &&
             (!allowed || !unmetPrecondition(evidence, dialog, when).empty()))
        out.what = Announced::Resources;
    else
        out.what = Announced::Media;
    return out;
}

} // namespace

std::string unmetPrecondition(const Evidence &evidence, std::uint32_t earlyDialog,
                              base::Instant when)
{
    const Described *newest = nullptr;
    for (const Described &each : descriptions(evidence, earlyDialog))
        if (each.from <= when && evidence.sdp(each.row).audio() != nullptr)
            newest = &each;
    if (newest == nullptr)
        return {};
    const auto *const audio = evidence.sdp(newest->row).audio();
    return unmetPrecondition(*audio, newest->byCaller);
}

std::vector<MediaPermission> permissions(const Evidence &evidence, std::uint32_t earlyDialog)
{
    std::vector<MediaPermission> out;
    const auto &dialogs = evidence.call.earlyDialogs;
    if (earlyDialog >= dialogs.size() || surelyUnsaid(evidence))
        return out;
    const std::string_view tag = dialogs[earlyDialog].toTag;
    for (const auto index : tellingRows(evidence, earlyDialog)) {
        const auto &place = evidence.call.rows[index];
        const auto &row = evidence.trace.row(place.row);
        if (!row.earlyMedia || place.earlyDialog != earlyDialog)
            continue;
        // Towards the caller: in responses to its requests and in requests of the callee.
        if (evidence.trace.tag(row.status != 0 ? row.toTag : row.fromTag) != tag)
            continue;
        std::string all;
        for (const auto value : evidence.message(place.row).values(sip::HeaderId::PEarlyMedia))
            all += (all.empty() ? "" : ",") + std::string(value);
        const auto line = audioLine(evidence, earlyDialog, row.time);
        if (const auto direction = earlyMediaPermission(all, line))
            out.push_back({place.row, *direction});
        if (out.size() == kMostPermissions)
            break;
    }
    return out;
}

MediaPermission permissionAt(const Evidence &evidence, std::uint32_t earlyDialog,
                             base::Instant when)
{
    return lastOf(evidence, permissions(evidence, earlyDialog), when);
}

Announcement announcedAt(const Evidence &evidence, std::uint32_t earlyDialog, base::Instant when)
{
    return announced(evidence, earlyDialog, when, permissions(evidence, earlyDialog));
}

Announcement firstAnnounced(const Evidence &evidence, std::uint32_t earlyDialog, base::Instant end,
                            base::Instant since)
{
    std::vector<base::Instant> moments;
    for (const Described &each : descriptions(evidence, earlyDialog))
        moments.push_back(each.from);
    const auto said = permissions(evidence, earlyDialog);
    for (const auto &each : said)
        moments.push_back(evidence.time(each.row));
    std::sort(moments.begin(), moments.end());
    Announcement found;
    for (const auto moment : moments) {
        if (moment >= end)
            break;
        if (since.known() && moment <= since)
            continue;
        const auto now = announced(evidence, earlyDialog, moment, said);
        const bool media = now.what == Announced::Media;
        if (found.what == Announced::Media && !media) {
            found.until = moment;
            break;
        }
        if (found.what != Announced::Media && media) {
            found = now;
            found.since = moment;
        }
    }
    return found;
}

} // namespace diagnosis
