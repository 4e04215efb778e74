// SPDX-License-Identifier: Apache-2.0
// The first screen: what to do next, one accent button, every lab story. UI thread.
#pragma once

#include <QWidget>

class QGridLayout;
class QPushButton;

namespace ui {

class WelcomePage : public QWidget
{
    Q_OBJECT
public:
    explicit WelcomePage(QWidget *parent = nullptr);
    QPushButton *firstButton() const { return m_first; }
    void setAccount(const QString &aor); // used before, so it is what registering most likely means

Q_SIGNALS:
    void storyWanted(const QString &name);
    void openWanted();
    void accountWanted();
    void callWanted();

protected:
    void changeEvent(QEvent *event) override;

private:
    void fitColumn();
    QWidget *makeHead();
    QWidget *makeStories();
    QWidget *makeCard(const QString &name, const QString &title, const QString &summary);

    QPushButton *m_first = nullptr, *m_account = nullptr;
    QWidget *m_column = nullptr;
    QString m_firstStory;
};

} // namespace ui
