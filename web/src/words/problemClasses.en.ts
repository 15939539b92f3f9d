/** What may go wrong with a file, and what a person can do about it: the classes of the rules. */

export interface ProblemWords {
  title: string;
  advice: string;
}

export const problemClasses: Record<string, ProblemWords> = {
  "permission-denied": {
    title: "May not be read",
    advice: "The client has no right to read it. Let it run as somebody who may (as root for a whole machine), or leave the file out.",
  },
  "read-error": {
    title: "Cannot be read",
    advice: "The disk or network share may be failing. Check the disk, and copy what matters elsewhere. The next backup tries again.",
  },
  "not-answering": {
    title: "Does not answer",
    advice: "A network share or disk hangs. Connect it again or unmount it; if it need not be backed up, leave it out.",
  },
  "root-missing": {
    title: "Chosen, but not there",
    advice: "Is a disk or share not connected? Connect it and back up again. If it is gone for good, take it off the list; what was backed up stays.",
  },
  endless: {
    title: "Goes on for ever",
    advice: "It gives far more content than it says it has, as files of the system or of some programs do. Leave it out.",
  },
  "changed-while-read": {
    title: "Changed while it was read",
    advice: "What is kept may be a mixture of before and after. Close the program that writes it. The next backup reads it again.",
  },
  "attributes-too-long": {
    title: "Kept without its extended attributes",
    advice: "The content is kept. The attributes are longer than can be kept.",
  },
  "name-too-long": {
    title: "Has too long a path",
    advice: "Rename or move it so that its path is shorter.",
  },
  vanished: {
    title: "Was gone when it was to be read",
    advice: "Usually a temporary file, and nothing to do. If there are many, leave their folder out.",
  },
  "clock-wrong": {
    title: "The clock is wrong",
    advice: "Set this machine's clock, or let it be set from the network, so that times can be trusted.",
  },
  "hook-failed": {
    title: "A command around the backup failed",
    advice: "What it should have made ready, such as a dump of a database, may be missing or old in this snapshot. `csb log` on the device shows what it printed.",
  },
  "read-live": {
    title: "Read while it could change",
    advice: "Its file system did not hold still for the backup: files that belong together, such as those of a database, may be of different moments. `csb stills` on the device says what can be had.",
  },
  "time-out-of-range": {
    title: "Dated too far away",
    advice: "Its content is kept, with the nearest time that can be: years 1677 to 2262.",
  },
  "content-lacking": {
    title: "Its content cannot be had",
    advice: "Ask the server's admin to check the storage. Another snapshot may have it: look at the file's versions.",
  },
  "attributes-lacking": {
    title: "Restored without what was kept beside its content",
    advice: "Its content is right. Extended attributes and access lists are lost, its group may do no more than everybody, and what was another name of a file is a file of its own. Another snapshot may have them: look at the file's versions. Ask the server's admin to check the storage.",
  },
  damaged: {
    title: "Damaged on the server",
    advice: "It was not written, since it is not what was backed up. Take it from another snapshot, and tell the server's admin.",
  },
  "listing-damaged": {
    title: "A folder's listing is damaged",
    advice: "What it lists could not be restored. Try another snapshot, and tell the server's admin.",
  },
  "unfinished-snapshot": {
    title: "Restored from an unfinished backup",
    advice: "Files may be missing. Restore from the snapshot before it as well, to another folder.",
  },
  "server-went-back": {
    title: "The server may hide newer snapshots",
    advice: "Another device has seen more than the server shows now. What was restored is true, but may be old. Ask the admin whether the server was restored from an older copy.",
  },
  "not-written": {
    title: "Could not be written",
    advice: "Check that you may write there and that the disk has room; or restore to another place.",
  },
  exists: {
    title: "Something else was in its place",
    advice: "Both are there now: compare them and keep the right one.",
  },
  owner: {
    title: "Belongs to somebody else than before",
    advice: "The contents are right. If owners matter, restore as root.",
  },
  group: {
    title: "Belongs to another group than before",
    advice: "The contents are right. If groups matter, restore as root or as a member of that group.",
  },
  links: {
    title: "Is a file of its own now",
    advice: "It was another name of a file that could not be linked to. Its content is right.",
  },
  replaced: {
    title: "Was replaced while it was restored",
    advice: "Something else writes there at the same time. Stop it and restore again, or restore to another place.",
  },
  mode: {
    title: "Has other permissions than before",
    advice: "The contents are right. The file system may not keep permissions.",
  },
  times: {
    title: "Has another time than before",
    advice: "The contents are right. The file system may not keep such times.",
  },
  attributes: {
    title: "Restored without some attributes",
    advice: "The contents are right. Restore as root, to a file system that keeps such attributes.",
  },
};
