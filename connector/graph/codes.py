"""What Graph's error codes mean: one table, from Meta's documents and recorded bodies (pure).

Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling, the Messenger platform's error codes,
and the rate limiting guide. HTTP status does not decide: #4 comes with 403 and passes, "ids is deprecated" comes with
500 and never passes.
"""

THROTTLED = frozenset({4, 17, 32, 341, 613, *range(80000, 80015)})
THROTTLED_WHY = {
    32: "read with a person's token, which throttles a Page; use the Page's own token",
    613: "too many calls of this kind; they pause",
    80006: "too many calls to Messenger; messages pause",
}
TRANSIENT = frozenset({1, 2})
GONE = frozenset({803, 9000001})
TOKEN = frozenset({101, 102, 104, 190, 210, 2500})
PERMISSION = frozenset({3, 10, *range(200, 300)}) - TOKEN
NOT_SENT = frozenset({506, 551})
BLOCKED = 368
DEAD_FIELD = 12
PARAMETER = 100
REPLIED = 10900

# Subcodes that say more than their code, whichever code they come with.
SUB_TOO_MANY = frozenset({2534040, 2018338})
SUB_NOT_SENT = frozenset(
    {2018278, 2018065, 2534022, 2018108, 1545041, 1893063, 2018001, 2534025, 2534037, 2018300, 2018321}
)
SUB_GONE = 33

TOKEN_WHY = {
    458: "the person who gave it removed the app; connect the Page again",
    459: "Facebook holds the person's account at a checkpoint; they must log in at facebook.com, then connect again",
    460: "the person changed the password, or Facebook ended the session; connect the Page again",
    463: "it has expired; make a new one, best through a system user, which does not expire",
    464: "the person's account is not confirmed; they must confirm it at facebook.com, then connect again",
    467: "it was revoked, or the person logged out; connect the Page again",
    492: "the person has no role on the Page any more; give the role back or let another admin connect the Page",
    493: "nobody used the app for 90 days; an admin of the Page must log in to the app again",
    1705: "it acts as a person; use the Page's own token",
}
TOKEN_CODE_WHY = {
    101: "the app id or the app secret is wrong; compare both with the app's dashboard",
    102: "its session has ended; connect the Page again",
    104: "no token arrived; set the account's token",
    190: "it cannot be read as a token; copy it again, whole and without blanks",
    210: "it is of the wrong kind; use the Page's own token, not a person's",
    2500: "no token of a Page or person arrived; use the Page's own token",
}
PROOF_WRONG = "the proof made with the app secret is wrong; set the secret of the app that issued the token"
PROOF_MISSING = "the app requires a proof made with its secret; set the app secret"
NOT_SENT_WHY = {
    2018278: "the 24 hours after the person's last message are over",
    2018065: "the 24 hours after the person's last message are over",
    2534022: "the 24 hours after the person's last message are over",
    2018108: "the person does not receive messages from the Page now",
    1545041: "the person cannot be reached",
    1893063: "Facebook restricts the Page's messages; look at the Page's support inbox",
    2018001: "no such person for this Page",
    2534025: "the comment cannot be answered privately (own, too old, or gone)",
    2534037: "another app holds the conversation",
    2018300: "another app holds the conversation",
    2018321: "another app holds the conversation",
    506: "the same text stands there already; look for it before writing again",
    551: "the person cannot be reached",
}
