// SPDX-License-Identifier: Apache-2.0
#include <ui/audio_menu.h>

#include <algorithm>
#include <QPointer>
#include <ui/bridge/desk_bridge.h>
#include <ui/settings.h>
#include <ui/text.h>

namespace ui {

AudioMenu::AudioMenu(DeskBridge &bridge, Settings &settings, QWidget *parent)
    : QMenu(tr("A&udio output"), parent), m_bridge(bridge), m_settings(settings)
{
    setObjectName(QStringLiteral("menu-audio"));
    fill({});
    connect(this, &QMenu::aboutToShow, this, [this] {
        m_bridge.audioDevices(
            [menu = QPointer<AudioMenu>(this)](const std::vector<media::AudioDevice> &devices) {
                if (menu)
                    menu->fill(devices);
            });
    });
}

void AudioMenu::addDevice(const QString &text, const QString &name)
{
    QAction *action = addAction(menuText(text));
    action->setObjectName(QStringLiteral("audio.") + name);
    action->setCheckable(true);
    action->setChecked(name == m_settings.text(QLatin1String(kSetting)));
    connect(action, &QAction::triggered, this, [this, name] { choose(name); });
}

void AudioMenu::fill(const std::vector<media::AudioDevice> &devices)
{
    clear();
    addDevice(tr("System's default"), {});
    for (const media::AudioDevice &device : devices) {
        const auto alike = std::count_if(devices.begin(), devices.end(), [&](const auto &other) {
            return other.text == device.text;
        });
        const QString text = alike > 1
                                 ? tr("%1, %2").arg(shown(device.text), shown(device.name))
                                 : shown(device.text); // its name only where it tells them apart
        addDevice(device.isDefault ? tr("%1 (the default now)").arg(text) : text,
                  QString::fromStdString(device.name));
    }
    const QString chosen = m_settings.text(QLatin1String(kSetting));
    const bool there = std::any_of(devices.begin(), devices.end(), [&](const auto &device) {
        return QString::fromStdString(device.name) == chosen;
    });
    if (!chosen.isEmpty() && !there)
        addDevice(tr("%1 (not there)").arg(shown(toStd(chosen))), chosen);
}

void AudioMenu::choose(const QString &name)
{
    m_settings.setText(QLatin1String(kSetting), name);
    m_bridge.playOn(name);
    for (QAction *action : actions())
        action->setChecked(action->objectName() == QStringLiteral("audio.") + name);
}

} // namespace ui
