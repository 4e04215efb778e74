// SPDX-License-Identifier: Apache-2.0
#include <app/versions.h>

#include <engine/engine.h>
#include <fmt/format.h>
#include <media/media.h>
#include <QtGlobal>

namespace app {

std::string versions()
{
    return fmt::format("Earshot {}\nQt {}\nsofia-sip {}\nGStreamer {}\n", EARSHOT_VERSION,
                       qVersion(), engine::sofiaVersion(), media::gstreamerVersion());
}

} // namespace app
