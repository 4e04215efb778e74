// SPDX-License-Identifier: Apache-2.0
// The colours of one scheme, by role. Values; any thread. Nothing outside ui/theme names a colour.
#pragma once

#include <array>
#include <ladder/roles.h>
#include <QColor>
#include <QPen>

namespace ui {

enum class Scheme { Light, Dark };
enum class Neutral { Background, Surface, Text, Muted, Line, Edge, Selection, Focus };

constexpr std::size_t kRoles = static_cast<std::size_t>(ladder::Role::FindingInfo) + 1;
constexpr std::size_t kNeutrals = static_cast<std::size_t>(Neutral::Focus) + 1;

struct Tokens {
    std::array<QColor, kNeutrals> neutrals;
    std::array<QColor, kRoles> roles;
    double chipTint = 0.1; // share of the role's colour in a chip's fill

    const QColor &colour(Neutral neutral) const
    {
        return neutrals[static_cast<std::size_t>(neutral)];
    }
    const QColor &colour(ladder::Role role) const { return roles[static_cast<std::size_t>(role)]; }
    /// The fill of a chip, bar or band of that role.
    QColor tint(ladder::Role role) const;
    /// Text on a solid fill of a role or of the accent.
    QColor onSolid() const;
    QPen pen(ladder::Role role, ladder::LineStyle style, double width) const;
};

const Tokens &tokens(Scheme scheme);
/// `share` of `over` on `under`.
QColor mixed(const QColor &under, const QColor &over, double share);

} // namespace ui
