/** Words that stand at the head of every list of leaked passwords, and the commonest names, longest first. */

const WORDS =
  "password passwort passw0rd letmein welcome football baseball basketball superman batman trustno monkey dragon master " +
  "shadow sunshine princess iloveyou qwerty qwertz azerty asdfgh zxcvbn login admin administrator root guest user secret " +
  "access hello freedom whatever starwars pokemon naruto computer internet google facebook twitter linkedin apple samsung " +
  "android iphone windows microsoft charlie michael michelle jennifer jessica jordan thomas daniel andrew joshua matthew " +
  "anthony william robert richard george ashley amanda nicole samantha hannah sophie olivia alexander maria anna peter " +
  "martin stefan thomas andreas christian family flower cookie cheese butterfly chocolate banana orange summer winter " +
  "spring autumn january february march april august september october november december monday friday london paris berlin " +
  "chelsea liverpool arsenal ferrari mercedes porsche harley corvette mustang yankees rangers eagles cowboys steelers " +
  "lakers soccer hockey hunter ranger killer tigger pepper ginger maggie buster bailey cooper jasper merlin matrix phoenix " +
  "silver golden diamond purple yellow black white green blue red love sexy angel baby money lucky happy smile friend " +
  "heaven jesus test testing demo sample default change changeme temp pass word vault crypto bitcoin ethereum wallet " +
  "storage file files coffer private privat geheim schatz hallo sonne liebe mein dein the and you for with this that";

export const COMMON_WORDS: readonly string[] = [...new Set(WORDS.split(" "))].sort(
  (a, b) => b.length - a.length,
);
