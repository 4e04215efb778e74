// SPDX-License-Identifier: Apache-2.0
#include <ladder/lane_head.h>

#include <algorithm>
#include <ladder/measure.h>
#include <ladder/places.h>

namespace ladder {
namespace {

void drawListen(Scene &scene, const Lane &lane, const Options &options)
{
    const bool heard = lane.dialog == options.heard;
    const std::string text = heard ? options.heardText : options.listenText;
    const double width = textWidth(text, kSmallSize) + 2 * kChipPad;
    const Target target{TargetKind::Dialog, lane.dialog};
    const double top = kHeader - 4;
    const Role role = heard ? Role::EarlyMedia : Role::Muted;
    scene.rects.push_back({lane.x - width / 2, top, width, kChipHeight, role, target});
    scene.texts.push_back(
        {lane.x, top + 13, width - 4, Align::Centre, Weight::Normal, role, text, target});
}

/// An address has its end in common with nobody, its beginning with its whole network.
bool isAddress(std::string_view host)
{
    return !host.empty() &&
           host.find_first_not_of("0123456789abcdefABCDEF.:[]") == std::string_view::npos &&
           host.find_first_of(".:") != std::string_view::npos;
}

/// What fits of its end, the cut marked.
std::string fittedEnd(std::string_view text, double width, double size, Weight weight)
{
    if (textWidth(text, size, weight) <= width)
        return std::string(text);
    std::size_t from = 0;
    const double room = width - textWidth("…", size, weight);
    while (from < text.size() && textWidth(text.substr(from), size, weight) > room) {
        ++from;
        while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U)
            ++from;
    }
    return "…" + std::string(text.substr(from));
}

struct Head {
    std::string name, below;
    Weight weight = Weight::Bold;
};

/// The name as it fits: in smaller letters before anything of it is cut, its port on a line of its
/// own, an address by its end.
Head headOf(const Lane &lane, double width)
{
    Head head{titleOf(lane), lane.address, Weight::Bold};
    const auto fits = [&](Weight weight, double size) {
        return textWidth(head.name, size, weight) <= width;
    };
    const auto colon = head.name.rfind(':');
    const bool port = colon != std::string::npos && colon + 1 < head.name.size() &&
                      (head.name.find(':') == colon || head.name[colon - 1] == ']') &&
                      head.name.find_first_not_of("0123456789", colon + 1) == std::string::npos;
    if (!fits(Weight::Bold, kLabelSize) && head.below.empty() && port) {
        head.below = "port " + head.name.substr(colon + 1);
        head.name.resize(colon);
    }
    if (!fits(Weight::Bold, kLabelSize))
        head.weight = Weight::Normal;
    if (head.weight == Weight::Normal)
        head.name = isAddress(head.name) ? fittedEnd(head.name, width, kSmallSize, head.weight)
                                         : fitted(head.name, width, kSmallSize, head.weight);
    head.below = fittedAddress(head.below, width, kSmallSize);
    return head;
}

/// Two hosts that would read the same are told by their ends.
void tellApart(Head &head, const std::vector<Lane> &lanes, std::size_t index, double width)
{
    constexpr std::size_t kMost = 64; // more are never read at once
    const std::string whole = titleOf(lanes[index]);
    if (head.weight == Weight::Bold || lanes.size() > kMost || isAddress(whole))
        return;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        if (i == index || titleOf(lanes[i]) == whole || headOf(lanes[i], width).name != head.name)
            continue;
        head.name = fittedEnd(whole, width, kSmallSize, head.weight);
        return;
    }
}

} // namespace

void drawLane(Scene &s, std::size_t index, double end, const Options *buttons)
{
    const Lane &lane = s.lanes[index];
    const Target target{TargetKind::Lane, static_cast<std::uint32_t>(index)};
    double room = kWidestGap;
    if (index > 0)
        room = std::min(room, lane.x - s.lanes[index - 1].x);
    if (index + 1 < s.lanes.size())
        room = std::min(room, s.lanes[index + 1].x - lane.x);
    room -= 8;
    const double width =
        std::min(room, 24 + std::max(textWidth(titleOf(lane), kLabelSize, Weight::Bold),
                                     textWidth(lane.address, kSmallSize)));
    Head head = headOf(lane, width - 8);
    tellApart(head, s.lanes, index, width - 8);
    const bool two = !head.below.empty();
    const Role role = lane.winner ? Role::Success : Role::Text;
    s.rects.push_back({lane.x - width / 2, 9, width, kHeader - 18,
                       lane.winner ? Role::Success : Role::Lifeline, target});
    s.texts.push_back({lane.x, two ? 29.0 : 37.0, width - 8, Align::Centre, head.weight, role,
                       head.name, target});
    if (two)
        s.texts.push_back({lane.x, 46, width - 8, Align::Centre, Weight::Normal, Role::Muted,
                           head.below, target});
    s.lines.push_back(
        {lane.x, kHeader - 9, lane.x, end, Role::Lifeline, LineStyle::Solid, false, {}});
    if (lane.ended.known())
        s.lines.push_back(
            {lane.x - 6, end, lane.x + 6, end, Role::Lifeline, LineStyle::Solid, false, {}});
    if (buttons != nullptr && lane.dialog != ~0U)
        drawListen(s, lane, *buttons);
}

} // namespace ladder
