"""Common words that some acronym is spelled like: WHO and who, US and us, UN and un.

Chosen by hand. An acronym in a query minds its case only if it is in here; nothing else does.
"""

from __future__ import annotations

_ENGLISH = """
a able about above act acts add after again against age ago aid aids aim air all also always am
an and any apple are area arm arms art as ask at ate awake away baby back bad bag ball ban bar
base bat be bed been before best bet big bill bit bob body book both box boy bring bus but buy by
call came camp can cap car care case cast cat cell chair chip cite city class clean clear close
cobra cod cold come cop cops cost cots could court cover cow cup cure cut dad dame dare dart date
day days dead deal dear did dim dip do does dog done dot down draw drop dry due each ear ears
earth ease east easy eat eats echo edge effect egg end era even ever eye face fact fall far fast
fat fear fed fee feed feel feet few field fill film fin find fine fire fish fit five fix flag
flash fly foe for force form four free from fun game gap gas gave gem get gift girl give go goal
god good got grade great group gun guy had hand happy hard has hat have he head heart heat held
help hen her here hers high hill him his hit hold home hope hot hour house how hug hut ice idea if
ill image in inn into ion iris is it item its jam jar jet job join joy just keen keep key kid kids
kind king kit knee knew know lab lack lake lamp land laser last law lay lead leaf lean leap left
leg less let level lid lie life light like line link lion lips list live log long look loop lost
lot love low luck mad made magic mail main make man many map march mark mass mat matter may me
mean meet men met mid might mile mind mine minor miss mix mob model mom moon more most move much
must my name near neat need neo net never new news next nice night no nor north nose not note now
nut oar of off oil old on once one only open or orbit our ours out over own pace pack page paid
pair pan part past path pay peace pen pet pick pie pig pin pipe plan play poor pop pose pot power
press price pride prime pro pull pure push put ram ran rap rat rate raw read real red rely rest
rice rich ride right rim rip rise road rob rock rod role roll room root rope rose row rule run safe
said sail sale salt same sand sat save saw say scan sea seal seat see seek seen self sell send
sense set seven sex shape share she shield ship shop short should show shut sick side sign sin
single sir sit six size skin sky slam sleep slow small smart smog snap so soap sober soft sold
solar some son song soon sort soul sound south space spam spare speed spin spot spring stage stand
star start state stay stem step still stop store storm story sun sure swap swat swift table tag
take talk tall tan tank tap tape tar task tax tea team tech ten test than that the their them then
there these they thin thing this those three tide tie till time tin tip tips tire to today toe told
tom ton tone too took tool top toss tour town toy track train tray treat tree trip true try turn
two type under unit up upon us use used van vary vast very vet view vote wage wait walk wall want
war warm was wash wasp watch water wave way we weak wear web week well went were west wet what
when where which while white who whole whom why wide wife will win wind wine wing wire wise wish
with woman women won word work world worse worst would write wrong yard yarn year yes yet you
young your zip zone
"""
_OTHER_LANGUAGES = """
al au aux che con da das de dei del der des di die du el en es est et eu gli ha hat hay il im ist
la las le les lo los man mit ne ni nos ou par per plus por pour qui se ser si son su sur te tu ue
uma un una und une uno va van vi von vos wie zu
"""

COMMON_WORDS = frozenset(_ENGLISH.split()) | frozenset(_OTHER_LANGUAGES.split())
"""About 800 lower-case words: English first, then short words of other large languages."""
