// SPDX-License-Identifier: Apache-2.0
// How the lights of a verdict look: never by colour alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <diagnosis/explain.h>
#include <ladder/scene.h>

namespace ui {

struct LightLook {
    const char16_t *glyph;
    ladder::Role role;
};
inline LightLook lookOf(diagnosis::Light light)
{
    static constexpr LightLook kLooks[] = {{u"✓", ladder::Role::Success},
                                           {u"?", ladder::Role::ClientError},
                                           {u"✕", ladder::Role::ServerError}};
    return kLooks[std::min<std::size_t>(2, static_cast<std::size_t>(light))];
}

} // namespace ui
