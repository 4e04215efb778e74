// SPDX-License-Identifier: Apache-2.0
#include <ui/theme/tokens.h>

#include <cmath>

namespace ui {
namespace {

using ladder::Role;

struct Entry {
    Role role;
    QRgb light, dark;
};

// Classes of response first: told apart under every common colour-vision deficiency. Everything
// else borrows.
constexpr Entry kEntries[] = {
    {Role::Background, 0xFFFFFF, 0x11161D},   {Role::Surface, 0xF4F6F9, 0x1B232E},
    {Role::Lifeline, 0xB4BCC8, 0x3E4A5A},     {Role::Text, 0x1B2430, 0xE6EAF0},
    {Role::Muted, 0x55606F, 0x9AA6B5},        {Role::Request, 0x1F2937, 0xD5DAE3},
    {Role::Provisional, 0x2463E0, 0x70B5EA},  {Role::Success, 0x0B774E, 0x74F59C},
    {Role::Redirect, 0x7A0C96, 0xA474FA},     {Role::ClientError, 0x864600, 0xEE9800},
    {Role::ServerError, 0xD4004A, 0xFF5573},  {Role::GlobalError, 0x4D0010, 0xD8AEAE},
    {Role::Media, 0x0B774E, 0x74F59C},        {Role::EarlyMedia, 0x2463E0, 0x70B5EA},
    {Role::Local, 0x55606F, 0x9AA6B5},        {Role::KeepAlive, 0x55606F, 0x9AA6B5},
    {Role::Highlight, 0xF1F4F9, 0x1B232E},    {Role::Gap, 0x55606F, 0x9AA6B5},
    {Role::FindingError, 0xD4004A, 0xFF5573}, {Role::FindingWarning, 0x864600, 0xEE9800},
    {Role::FindingInfo, 0x2463E0, 0x70B5EA},
};
constexpr std::array<QRgb, kNeutrals> kLight{0xFFFFFF, 0xF4F6F9, 0x1B2430, 0x55606F,
                                             0xD5DAE1, 0x7E8999, 0xE6EFFF, 0x0A5BD3};
constexpr std::array<QRgb, kNeutrals> kDark{0x11161D, 0x1B232E, 0xE6EAF0, 0x9AA6B5,
                                            0x2B3542, 0x6B788A, 0x182638, 0x7CC0FF};

Tokens make(Scheme scheme)
{
    Tokens out;
    const bool light = scheme == Scheme::Light;
    for (std::size_t i = 0; i < kNeutrals; ++i)
        out.neutrals[i] = QColor::fromRgb(light ? kLight[i] : kDark[i]);
    for (const Entry &entry : kEntries)
        out.roles[static_cast<std::size_t>(entry.role)] =
            QColor::fromRgb(light ? entry.light : entry.dark);
    out.chipTint = light ? 0.1 : 0.05;
    return out;
}

} // namespace

QColor mixed(const QColor &under, const QColor &over, double share)
{
    const auto part = [share](int a, int b) {
        return static_cast<int>(std::lround(a + (b - a) * share));
    };
    return {part(under.red(), over.red()), part(under.green(), over.green()),
            part(under.blue(), over.blue())};
}

QColor Tokens::tint(ladder::Role role) const
{
    // On white in the light scheme, on the surface in the dark one, where a stronger tint costs
    // legibility.
    const bool light = chipTint > 0.07;
    return mixed(colour(light ? Neutral::Background : Neutral::Surface), colour(role), chipTint);
}

QColor Tokens::onSolid() const
{
    return colour(Neutral::Background).lightness() > 128 ? QColor(255, 255, 255)
                                                         : QColor(0x0B, 0x0F, 0x14);
}

QPen Tokens::pen(ladder::Role role, ladder::LineStyle style, double width) const
{
    QPen pen(colour(role), width);
    pen.setCosmetic(true);
    pen.setCapStyle(Qt::FlatCap);
    if (style == ladder::LineStyle::Dashed)
        pen.setDashPattern({5, 3});
    if (style == ladder::LineStyle::Dotted)
        pen.setDashPattern({1.5, 2.5});
    return pen;
}

const Tokens &tokens(Scheme scheme)
{
    static const Tokens kLightTokens = make(Scheme::Light);
    static const Tokens kDarkTokens = make(Scheme::Dark);
    return scheme == Scheme::Light ? kLightTokens : kDarkTokens;
}

} // namespace ui
