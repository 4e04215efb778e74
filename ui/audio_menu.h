// SPDX-License-Identifier: Apache-2.0
// The menu of the devices that calls are heard on. Lists them each time it is opened; a choice
// holds at once, for calls that stand too, and is remembered. UI thread.
#pragma once

#include <media/media.h>
#include <QMenu>
#include <vector>

namespace ui {

class DeskBridge;
class Settings;

class AudioMenu : public QMenu
{
    Q_OBJECT
public:
    /// Where the choice is kept: an AudioDevice's name, empty for the system's default.
    static constexpr const char *kSetting = "audio/device";

    AudioMenu(DeskBridge &bridge, Settings &settings, QWidget *parent = nullptr);

    /// The list as it is now; what was chosen and is not there stays, and says so.
    void fill(const std::vector<media::AudioDevice> &devices);

private:
    void choose(const QString &name);
    void addDevice(const QString &text, const QString &name);

    DeskBridge &m_bridge;
    Settings &m_settings;
};

} // namespace ui
