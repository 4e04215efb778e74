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

} // namespace

void drawLane(Scene &s, std::size_t index, double end, const Options *buttons)
{
    const Lane &lane = s.lanes[index];
    const Target target{TargetKind::Lane, static_cast<std::uint32_t>(index)};
    const std::string name = titleOf(lane);
    double room = kWidestGap;
    if (index > 0)
        room = std::min(room, lane.x - s.lanes[index - 1].x);
    if (index + 1 < s.lanes.size())
        room = std::min(room, s.lanes[index + 1].x - lane.x);
    room -= 12;
    const double width = std::min(room, 24 + std::max(textWidth(name, kLabelSize, Weight::Bold),
                                                      textWidth(lane.address, kSmallSize)));
    const bool two = !lane.address.empty();
    const Role role = lane.winner ? Role::Success : Role::Text;
    s.rects.push_back({lane.x - width / 2, 9, width, kHeader - 18,
                       lane.winner ? Role::Success : Role::Lifeline, target});
    s.texts.push_back({lane.x, two ? 29.0 : 37.0, width - 12, Align::Centre, Weight::Bold, role,
                       two ? name : fittedAddress(name, width - 12, kLabelSize, Weight::Bold),
                       target});
    if (two)
        s.texts.push_back({lane.x, 46, width - 12, Align::Centre, Weight::Normal, Role::Muted,
                           fittedAddress(lane.address, width - 12, kSmallSize), target});
    s.lines.push_back(
        {lane.x, kHeader - 9, lane.x, end, Role::Lifeline, LineStyle::Solid, false, {}});
    if (lane.ended.known())
        s.lines.push_back(
            {lane.x - 6, end, lane.x + 6, end, Role::Lifeline, LineStyle::Solid, false, {}});
    if (buttons != nullptr && lane.dialog != ~0U)
        drawListen(s, lane, *buttons);
}

} // namespace ladder
