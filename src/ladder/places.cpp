// SPDX-License-Identifier: Apache-2.0
#include <ladder/places.h>

#include <algorithm>
#include <cmath>
#include <ladder/measure.h>
#include <numeric>

namespace ladder {

namespace {

constexpr double kSide = 64;      // least room left of the first and right of the last lane
constexpr double kLeastGap = 112; // lanes are not squeezed closer: an address is still to be read
constexpr double kWidestLonelyBox = 420; // of an event beside its badges, on a lane that is alone

double badgesWidth(const Step &step)
{
    double width = 0;
    for (const Badge &badge : step.badges)
        width += textWidth(badge.text, kSmallSize) + 2 * kChipPad + kChipSpace;
    return width;
}

double textNeed(const Step &step)
{
    return 2 +
           std::max(textWidth(labelOf(step), kLabelSize, Weight::Bold),
                    textWidth(step.news, kSmallSize)) +
           2 * kArrowPad;
}

struct Room {
    std::vector<double> gaps;
    double first = kSide, right = kSide, notes = 0;
    double badges = 0; // what the notes need

    double total(double time) const
    {
        return std::accumulate(gaps.begin(), gaps.end(), time + first + right + notes);
    }
};

void makeRoomForSteps(const Outline &outline, Room &room)
{
    for (const Step &step : outline.steps) {
        room.badges = std::max(room.badges, badgesWidth(step) + kChipSpace);
        const auto low = std::min(step.from, step.to), high = std::max(step.from, step.to);
        if (step.kind == StepKind::Local && room.gaps.empty() && !step.badges.empty())
            room.right = std::max(room.right, std::min(textNeed(step), kWidestLonelyBox));
        if (step.kind == StepKind::Gap || step.kind == StepKind::Local)
            continue;
        const double need = std::min(textNeed(step) + (low == high ? kSelfReach : 0), kWidestGap);
        if (low == high && high >= room.gaps.size())
            room.right = std::max(room.right, need);
        else if (high - low <= 1)
            room.gaps[low] = std::max(room.gaps[low], need);
    }
}

/// Names must not touch their neighbours.
void makeRoomForNames(const Outline &outline, Room &room)
{
    const std::size_t count = outline.lanes.size();
    for (std::size_t i = 0; i < count; ++i) {
        const Lane &lane = outline.lanes[i];
        const double half = 20 + std::max(textWidth(titleOf(lane), kLabelSize, Weight::Bold),
                                          textWidth(lane.address, kSmallSize)) /
                                     2;
        if (i == 0)
            room.first = std::max(room.first, std::min(half, kWidestGap / 2));
        else
            room.gaps[i - 1] = std::max(room.gaps[i - 1], std::min(2 * half, kWidestGap));
        if (i + 1 == count)
            room.right = std::max(room.right, std::min(half, kWidestGap / 2));
    }
}

/// A view that has room to spare gets lanes farther apart; one that is too narrow gets them closer,
/// first at the cost of empty room for notes, then of the widest gaps: what does not fit is cut by
/// whoever draws the text.
void fit(Room &room, double time, double viewWidth)
{
    if (viewWidth <= 0)
        return;
    const auto lacking = [&] { return room.total(time) - viewWidth; };
    if (room.gaps.empty()) { // what is told on one lane stands right of it
        room.right += std::max(0.0, -lacking());
        return;
    }
    if (lacking() > 0)
        room.notes = std::max(room.badges, room.notes - lacking());
    if (lacking() > 0) {
        double above = 0;
        for (const double gap : room.gaps)
            above += std::max(0.0, gap - kLeastGap);
        const double keep = above > 0 ? std::max(0.0, 1 - lacking() / above) : 1;
        for (double &gap : room.gaps) {
            if (gap > kLeastGap)
                gap = kLeastGap + (gap - kLeastGap) * keep;
        }
        return;
    }
    const double more = -lacking() / static_cast<double>(room.gaps.size());
    for (double &gap : room.gaps)
        gap += more;
}

} // namespace

std::string labelOf(const Step &step)
{
    return step.glyph.empty() ? step.label : step.glyph + " " + step.label;
}

Places placesOf(const Outline &outline, const Options &options)
{
    const std::size_t count = outline.lanes.size();
    Room room;
    room.gaps.assign(count > 1 ? count - 1 : 0, options.laneWidth);
    room.notes = options.noteWidth;
    makeRoomForSteps(outline, room);
    makeRoomForNames(outline, room);
    room.notes = std::max(room.notes, room.badges);
    fit(room, options.timeWidth, options.viewWidth);

    Places places;
    double x = options.timeWidth + room.first;
    places.left = places.right = x;
    for (std::size_t i = 0; i < count; ++i) {
        places.right = std::round(x);
        places.lanes.push_back(places.right);
        x += i < room.gaps.size() ? room.gaps[i] : 0;
    }
    places.left = places.lanes.empty() ? places.left : places.lanes.front();
    places.notes = places.right + room.right;
    places.width = std::max(places.notes + room.notes, options.viewWidth);
    return places;
}

} // namespace ladder
