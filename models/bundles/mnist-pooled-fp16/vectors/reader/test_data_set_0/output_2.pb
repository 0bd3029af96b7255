Bprior_log_varianceJ€<›Æ¿´ÇÇ¿zn¾¿Nùº¿¡ŸÎ¿
ÛÂ¿œÈ¿ý@¿¿hI»¿Ÿ™´¿ª›Æ¿îèÂ¿¸7É¿JÁ¿c¿¿JI·¿C„d¿œdd¿’è[¿š\¿éõl¿„wb¿	Bf¿ÜP_¿ÁŸ[¿²&V¿Lše¿œf¿iEk¿R8`¿N b¿¯MV¿