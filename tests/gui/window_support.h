// SPDX-License-Identifier: Apache-2.0
// The whole window on a real desk without an audio device, for tests.
#pragma once

#include <fstream>
#include <gui/gui_support.h>
#include <QTemporaryDir>
#include <support/capture_writer.h>
#include <support/conversation.h>
#include <ui/bridge/desk_bridge.h>
#include <ui/deeds.h>
#include <ui/focus.h>
#include <ui/main_window.h>
#include <ui/settings.h>
#include <ui/theme/theme.h>

namespace gui {

class Stage
{
public:
    Stage()
    {
        desk::Options options;
        options.media.output = media::Output::Silent;
        auto opened = ui::DeskBridge::open(std::move(options));
        if (!opened)
            return;
        m_bridge = std::move(*opened);
        m_theme.applyTo(*qApp);
        m_window = std::make_unique<ui::MainWindow>(*m_bridge, m_theme, m_settings);
        m_window->resize(1280, 800);
        m_window->show();
    }
    bool ok() const { return m_window != nullptr; }
    ui::MainWindow &window() { return *m_window; }
    ui::DeskBridge &bridge() { return *m_bridge; }
    ui::Theme &theme() { return m_theme; }
    ui::Settings &settings() { return m_settings; }
    template <class W> W *find(const char *name)
    {
        return m_window->findChild<W *>(QString::fromLatin1(name));
    }

private:
    ui::Settings m_settings;
    ui::Theme m_theme;
    std::unique_ptr<ui::DeskBridge> m_bridge; // goes after the window that borrows it
    std::unique_ptr<ui::MainWindow> m_window;
};

/// A capture of the conversation in `folder`; its path.
inline QString sceneFile(const QTemporaryDir &folder, const char *conversation,
                         const QString &name = QStringLiteral("call.pcap"))
{
    const support::Conversation talk{std::string_view(conversation)};
    std::vector<support::CapturedFrame> frames;
    for (const auto &packet : talk.packets())
        frames.push_back(
            {packet.time, support::ethernet(support::udp(packet.source, packet.destination,
                                                         std::string(packet.payload.text())))});
    const QString path = folder.filePath(name);
    std::ofstream(path.toStdString(), std::ios::binary) << support::pcap(frames);
    return path;
}

} // namespace gui
