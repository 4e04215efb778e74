// SPDX-License-Identifier: Apache-2.0
// One call as a list of steps between lanes, before any geometry: what the picture, the text
// ladder, the reports and screen readers all tell. Pure; same input, same outline. Linear in the
// call's rows.
#pragma once

#include <diagnosis/evidence.h>
#include <diagnosis/finding.h>
#include <ladder/roles.h>
#include <ladder/scene.h>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace ladder {

enum class TimeMode : std::uint8_t { Delta, SinceStart, Absolute };

struct Options {
    TimeMode time = TimeMode::Delta;
    bool foldRepeats = true; // retransmissions as "x3" on their original
    bool foldKeepAlives = true;
    double rowHeight = 48;     // two-line rows
    double compactHeight = 32; // rows without a second line
    double laneWidth = 170;    // least
    double timeWidth = 96;
    double noteWidth = 190;                       // badges right of the lanes
    double viewWidth = 0;                         // lanes spread to fill it
    std::size_t mostLanes = 512;                  // further hosts share one lane that says how many
    base::Duration gap = std::chrono::seconds(1); // silence from here on is drawn as a break
    /// Known names: endpoint ("127.0.0.1:5070" or "127.0.0.1") -> lane name. Endpoints of one name
    /// share a lane.
    std::map<std::string, std::string> names;
    /// Lanes of early dialogs get a button (TargetKind::Dialog): the words on it, and on that of
    /// `heard`.
    bool listen = false;
    std::string listenText, heardText;
    std::uint32_t heard = ~0U; // the early dialog that is listened to
};

enum class StepKind : std::uint8_t { Message, KeepAlive, Local, Media, Gap };

struct Badge {
    std::string text; // "SDP+", "100rel", "x3", "2 findings"
    Role role = Role::Muted;
    Target target;
};

struct Step {
    StepKind kind = StepKind::Message;
    base::Instant time;
    std::uint32_t number = 0;       // 1, 2, ... as people count the rows; gaps have none
    std::uint32_t from = 0, to = 0; // lanes; equal: a message to itself, or an event on that lane
    int status = 0;                 // 0: no response
    bool highlight = false;         // 183 and 430
    bool lost = false;              // nothing ever answered it
    Role role = Role::Request;
    LineStyle style = LineStyle::Solid;
    std::string when;         // the time column
    std::string glyph, label; // "x", "430 Flow Failed"
    std::string news;         // second line, empty: none
    Role newsRole = Role::Muted;
    std::vector<Badge> badges;
    std::vector<std::uint32_t> files; // that hold it, as trace::Trace::fileOf numbers them
    Target target;
    std::string spoken;
};

struct Outline {
    std::string title;       // "alice -> bob, 430 Flow Failed"
    std::vector<Lane> lanes; // without x
    std::vector<Step> steps;
    std::uint32_t counted = 0;        // steps that have a number
    std::vector<Scene::Place> places; // sorted: target -> index in steps, folded repeats included

    /// The step that shows a target, nullptr if none does.
    const Step *stepOf(Target target) const;
};

Outline outline(const diagnosis::Evidence &evidence, std::span<const diagnosis::Finding> findings,
                const Options &options);

/// One stream in one line: "RTP PCMU 620 packets 12.4 s, loss 0, jitter 1.8 ms"; `codec` may be
/// empty.
std::string streamText(const rtp::Stream &stream, std::string_view codec);
std::string streamLabel(const rtp::Stream &stream,
                        std::string_view codec);      // its first half, "RTP PCMU"
std::string streamNumbers(const rtp::Stream &stream); // the rest
/// Which codec a stream carries, by the SDP of this call (RFC 3264: the receiver's numbers), else
/// by RFC 3551.
std::string codecOf(const diagnosis::Evidence &evidence, const rtp::Stream &stream);

} // namespace ladder
