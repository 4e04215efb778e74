// SPDX-License-Identifier: Apache-2.0
// Levels over time as bars, and the level now as a meter: what is heard, in dBFS. UI thread;
// painted, no children.
#pragma once

#include <QWidget>
#include <ui/theme/theme.h>
#include <vector>

namespace ui {

class Waveform : public QWidget
{
public:
    Waveform(Theme &theme, QWidget *parent = nullptr);
    /// dBFS of 20 ms each, newest last.
    void setLevels(std::vector<float> levels);
    QSize sizeHint() const override { return {320, 48}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Theme &m_theme;
    std::vector<float> m_levels;
};

class LevelMeter : public QWidget
{
public:
    LevelMeter(Theme &theme, QWidget *parent = nullptr);
    void setLevel(double level, double peak, bool known); // dBFS
    QSize sizeHint() const override { return {160, 16}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Theme &m_theme;
    double m_level = -96, m_peak = -96;
    bool m_known = false;
};

} // namespace ui
