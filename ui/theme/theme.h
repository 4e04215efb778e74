// SPDX-License-Identifier: Apache-2.0
// What the window looks like now: scheme, fonts, palette, style sheet. UI thread; owned by the
// window's start, borrowed by every widget. Changes live.
#pragma once

#include <QFont>
#include <QObject>
#include <QPalette>
#include <ui/theme/tokens.h>

class QApplication;

namespace ui {

enum class FontKind { Body, Small, Strong, PanelTitle, Heading, Mono };
enum class SchemeChoice { Follow, Light, Dark };

class Theme : public QObject
{
    Q_OBJECT
public:
    explicit Theme(QObject *parent = nullptr);

    Scheme scheme() const { return m_scheme; }
    SchemeChoice choice() const { return m_choice; }
    void choose(SchemeChoice choice);
    /// What the desktop says it prefers; counts only while the choice is to follow it.
    void setDesktopScheme(Scheme scheme);
    /// 1 is normal; 1.5 for the projector.
    void setZoom(double zoom);
    double zoom() const { return m_zoom; }

    const Tokens &tokens() const { return ui::tokens(m_scheme); }
    QFont font(FontKind kind) const; // at the zoom
    QFont fontAt(FontKind kind, double zoom) const;
    QPalette palette() const;
    QString styleSheet() const;
    /// Puts palette, font and style sheet on the application, now and at every change.
    void applyTo(QApplication &application);

Q_SIGNALS:
    void changed();

private:
    void update();

    Scheme m_scheme = Scheme::Light;
    Scheme m_desktop = Scheme::Light;
    SchemeChoice m_choice = SchemeChoice::Follow;
    double m_zoom = 1;
    QString m_sans, m_mono;
    QApplication *m_application = nullptr;
};

} // namespace ui
