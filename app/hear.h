// SPDX-License-Identifier: Apache-2.0
// Sound of captured calls on the command line: played, or written as WAV files.
#pragma once

#include <app/console.h>
#include <array>
#include <diagnosis/ears.h>
#include <media/media.h>
#include <optional>
#include <string>

namespace app {

class Hear
{
public:
    static constexpr std::array kOptions{
        OptionSpec{"--play", "CALL-ID", "play the sound of that call (or the call it begins)"},
        OptionSpec{
            "--ear", "PHONE",
            "of --play: what that phone's caller hears: rfc3960, baresip, linphone, twinkle, "
            "pjsip, asterisk or freeswitch"},
        OptionSpec{
            "--render", "FOLDER",
            "write WAV files: every stream of each call, and what each phone's caller hears"},
        OptionSpec{"--ringback", "CC", "whose ringback phones make by themselves, or off (DE)"},
        OptionSpec{"--output", "auto|silent", "where to play (auto)"},
        OptionSpec{"--audio-device", "NAME", "play on that device (the system's default)"},
    };
    /// Errors: a phone or country that nobody knows, options that need another one.
    static base::Result<Hear> read(const Arguments &arguments);
    /// After the report. Returns an exit code, `otherwise` where all went well.
    int run(const Console::Report &report, int otherwise) const;

private:
    int play(const Console::Report &report, int otherwise) const;
    int render(const Console::Report &report, int otherwise) const;

    std::string m_call, m_folder, m_ringback, m_device;
    std::optional<diagnosis::EarPolicy> m_ear;
    media::Output m_output = media::Output::Auto;
};

} // namespace app
